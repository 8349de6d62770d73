import { youngProof, type Confirmation, type Method } from '../../src/domain/confirmation.ts'

const now = new Date('2026-11-27T09:00:00Z')
const ago = (ms: number, method: Method = 'passkey'): Confirmation => ({
  method,
  at: new Date(now.getTime() - ms),
  shown: 'Ada approves',
  ticket: 't',
  ...(method === 'oidc' ? { issuer: 'https://one.example' } : {}),
})
const rules = { methods: ['passkey', 'oidc'], maxAgeMs: 600_000, issuer: 'https://one.example' } as const

test.each([
  ['a moment ago', [ago(1)], 1],
  ['just within', [ago(599_999)], 599_999],
  ['as old as it may not be', [ago(600_000)], null],
  ['by a way that does not count', [ago(1, 'totp')], null],
  ['the youngest of several', [ago(9, 'oidc'), ago(3), ago(1, 'totp')], 3],
  ['none', [], null],
] as const)('a proof %s', (_, proofs, ms) => {
  expect(youngProof(proofs, rules, now)?.at ?? null).toEqual(ms === null ? null : ago(ms).at)
})

test('a sign-in elsewhere than at the identity provider of now is none', () => {
  const { issuer: _, ...unnamed } = ago(1, 'oidc')
  for (const proof of [unnamed, { ...unnamed, issuer: 'https://two.example' }])
    expect(youngProof([proof], rules, now)).toBe(null)
})

test('where each time a new one is asked for, none is young enough', () => {
  expect(youngProof([ago(0), ago(-5)], { ...rules, maxAgeMs: 0 }, now)).toBe(null)
})
