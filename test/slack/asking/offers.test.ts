import fc from 'fast-check'
import { everyEntitlement, type Catalog, type Entitlement } from '../../../src/domain/catalog.ts'
import type { PersonFacts } from '../../../src/domain/person.ts'
import { mayAskForOthers, mayHoldAnywhere, usualAsking } from '../../../src/domain/policy.ts'
import { isAnyUnknown, isNothing, offerKey, offersTo, parseWish } from '../../../src/slack/asking/offers.ts'
import { optionsFor } from '../../../src/slack/asking/suggestions.ts'
import { read } from '../../catalog/reading.ts'
import { ada, at } from '../../support/builders.ts'

/** The form looks at a large catalog by its few rules; what it offers is what each rule says of each entitlement. */

const who = [
  '"@dba" in groups',
  '!guest',
  'resource.startsWith("orders")',
  'entitlement == "read"',
  'resource != "ledger" || entitlement != "write"',
  'duration <= duration("2h")',
  'reason.contains("INC")',
  '"@nobody" in groups',
  'zone == "Europe/Berlin"',
] as const
const resources = ['orders-db', 'orders-queue', 'ledger', 'mail'] as const
const names = ['Zeta', 'Alpha', 'Mail', 'Alpha'] as const

const anEntitlement = fc.record({
  who: fc.constantFrom(...who),
  onBehalf: fc.constantFrom(null, ...who),
  mode: fc.constantFrom('approval', 'approval', 'standing'),
  usual: fc.constantFrom('1h', '4h'),
  reason: fc.constantFrom(null, 'INC-1: stuck'),
  external: fc.boolean(),
})
/** Most are written as another is, but for one thing perhaps. */
const aCatalog = anEntitlement.chain((one) => {
  const alike = fc.oneof(
    fc.constant(one),
    anEntitlement.map(({ external }) => ({ ...one, external })),
    anEntitlement.map(({ reason }) => ({ ...one, reason })),
    anEntitlement,
  )
  return fc.tuple(...resources.map(() => fc.record({ read: alike, write: alike, wrench: alike })))
})

type Written = typeof aCatalog extends fc.Arbitrary<infer T> ? T : never

const catalogOf = (written: Written): Catalog =>
  read(`version: 1
defaults: { channel: C0123ACCESS, approvers: { groups: ["@dba"] }, admins: [ada@acme.example] }
systems:
  cluster: { connector: demo, url: "demo://orders", principal: email }
resources:
${written
  .map(
    (entitlements, i) => `  ${resources[i] ?? ''}:
    name: ${names[i] ?? ''}
    system: cluster
    entitlements:
${Object.entries(entitlements)
  .map(([id, one]) => {
    const isAsked = one.mode === 'approval'
    return `      ${id}:
        name: ${id} it
        who: '${one.who}'
        external: ${String(one.external)}
        ${isAsked ? `duration: { default: ${one.usual}, max: 8h }` : 'mode: standing'}
        ${isAsked && one.onBehalf !== null ? `onBehalf: '${one.onBehalf}'` : ''}
        ${isAsked && one.reason !== null ? `reason: { example: "${one.reason}" }` : ''}
        target: { database: ${resources[i] ?? ''}, role: read }
`
  })
  .join('')}`,
  )
  .join('')}`)

const somebody = fc.record({
  isHere: fc.boolean(),
  isGuest: fc.boolean(),
  isExternal: fc.boolean(),
  zone: fc.constantFrom('UTC', 'Europe/Berlin'),
  groups: fc.constantFrom<PersonFacts['groups'][]>('unknown', new Set(), new Set(['@dba'])),
})

const factsOf = (about: Partial<PersonFacts>): PersonFacts => ({
  person: ada,
  isHere: true,
  isGuest: false,
  isExternal: false,
  isEmailRead: true,
  zone: 'UTC',
  groups: new Set(['@dba']),
  listedGroups: new Set(['@dba', '@nobody']),
  ...about,
})

const now = at(0)

/** One by one, as policy has it. */
const allowed = (catalog: Catalog, facts: PersonFacts): Entitlement[] =>
  everyEntitlement(catalog).filter(
    (one) =>
      one.mode !== 'standing' &&
      (mayHoldAnywhere(facts, one, usualAsking(one), now).answer === 'yes' ||
        (one.mode === 'approval' && mayAskForOthers(facts, one, usualAsking(one), now))),
  )

const keysIn = (found: ReturnType<typeof optionsFor>): string[] =>
  ('options' in found ? found.options : found.option_groups.flatMap(({ options }) => options)).map(
    ({ value }) => value ?? '',
  )

test('what is offered is what the rules allow, of each entitlement, to whomever', () => {
  fc.assert(
    fc.property(aCatalog, somebody, (written, about) => {
      const [catalog, facts] = [catalogOf(written), factsOf(about)]
      const offers = offersTo(catalog, facts, now)
      const expected = allowed(catalog, facts)
      expect(everyEntitlement(catalog).filter(offers.includes)).toEqual(expected)
      expect(isNothing(offers)).toBe(expected.length === 0)
      expect(isAnyUnknown(catalog, facts, now)).toBe(
        everyEntitlement(catalog).some(
          (one) =>
            one.mode !== 'standing' &&
            mayHoldAnywhere(facts, one, usualAsking(one), now).answer === 'unknown',
        ),
      )
    }),
    { numRuns: 200 },
  )
})

test('what is typed names only what may be requested, by its id or by so much of it as means one thing', () => {
  const typed = fc.constantFrom('orders-db', 'ORDERS', 'orders-', 'l', 'ledgr', 'mial', 'mail', 'odrers-db')
  const second = fc.constantFrom('', 'read', 'w', 'wr', 'WRENCH', 'x')
  fc.assert(
    fc.property(aCatalog, somebody, typed, second, (written, about, first, then) => {
      const [catalog, facts] = [catalogOf(written), factsOf(about)]
      const expected = allowed(catalog, facts)
      const ids = [...new Set(expected.map(({ resource }) => resource.id))]
      const meaning = (word: string, of: readonly string[]): string[] =>
        of.includes(word) ? [word] : of.filter((id) => word !== '' && id.startsWith(word))
      const [resource, ...others] = meaning(first.toLowerCase(), ids)
      const found = parseWish(`${first} ${then}`, offersTo(catalog, facts, now))
      if (resource === undefined || others.length > 0) {
        expect(found.entitlement).toBeNull()
        if (found.unmatched !== null) expect(ids).toContain(found.unmatched.meant)
        return
      }
      const own = expected.filter((one) => one.resource.id === resource)
      const [id, ...more] = meaning(
        then.toLowerCase(),
        own.map((one) => one.id),
      )
      const meant = more.length === 0 ? own.find((one) => one.id === id) : undefined
      expect(found.entitlement).toBe(meant ?? (own.length === 1 ? own[0] : null))
    }),
    { numRuns: 200 },
  )
})

test('suggested is what may be requested and was typed: lately asked for first, then by resource', () => {
  const typed = fc.constantFrom('', 'orders', 'alpha it', 'READ', 'ledger wr', 'nothing')
  const recent = fc.subarray(['ledger/read', 'orders-db/write', 'mail/wrench', 'gone/read'])
  fc.assert(
    fc.property(aCatalog, somebody, typed, recent, (written, about, text, keys) => {
      const [catalog, facts] = [catalogOf(written), factsOf(about)]
      const words = text.toLowerCase().split(' ')
      const matching = allowed(catalog, facts).filter(({ resource, id, name }) =>
        words.every((word) => `${resource.id} ${id} ${name} ${resource.name}`.toLowerCase().includes(word)),
      )
      const rank = (one: Entitlement): number => (keys.indexOf(offerKey(one)) + 1 || keys.length + 1) - 1
      const sorted = matching.sort(
        (a, b) => rank(a) - rank(b) || a.resource.name.localeCompare(b.resource.name),
      )
      expect(keysIn(optionsFor(offersTo(catalog, facts, now), text, keys))).toEqual(sorted.map(offerKey))
    }),
    { numRuns: 200 },
  )
})

/** As many as asked for of one, by one rule, which counts how often it is asked. */
function large(count: number): { catalog: Catalog; asked: () => number } {
  const catalog = read(`version: 1
defaults: { channel: C0123ACCESS, approvers: { groups: ["@dba"] }, admins: [ada@acme.example] }
systems:
  cluster: { connector: demo, url: "demo://orders", principal: email }
resources:
  orders-db:
    name: Orders
    system: cluster
    entitlements:
      read: { name: Read, who: '"@dba" in groups', target: { database: orders, role: read } }
`)
  const [resource] = catalog.resources.values()
  const read1 = resource?.entitlements.get('read')
  if (resource === undefined || read1 === undefined) throw new Error('it is not there')
  let asked = 0
  const counted = {
    ...read1.who,
    evaluate: (attributes: Parameters<typeof read1.who.evaluate>[0]) => {
      asked++
      return read1.who.evaluate(attributes)
    },
  }
  const resources = Array.from({ length: count }, (_, i) => {
    const id = `service-${i}`
    const entitlement = { ...read1, who: counted, resource: { ...read1.resource, id } }
    return [id, { ...resource, id, entitlements: new Map([['read', entitlement]]) }] as const
  })
  return { catalog: { ...catalog, resources: new Map(resources) }, asked: () => asked }
}

test('of fifty thousand by one rule it is asked once, for the form, for what is typed, and for what is suggested', () => {
  const { catalog, asked } = large(50_000)
  const facts = factsOf({})
  const offers = offersTo(catalog, facts, now)
  expect(isNothing(offers)).toBe(false)
  expect(parseWish('service-77 read 2h INC-1', offers).entitlement?.resource.id).toBe('service-77')
  expect(parseWish('srevice-49999', offers).unmatched?.meant).toBe('service-49999')
  expect(keysIn(optionsFor(offers, '', []))).toHaveLength(100)
  expect(asked()).toBe(1)
  const stranger = factsOf({ groups: new Set() })
  expect(isNothing(offersTo(catalog, stranger, now))).toBe(true)
  expect(asked()).toBe(2)
})
