import { openIdProvider } from '../../src/confirming/openid/open-id-provider.ts'
import { openIdSettings } from '../../src/domain/confirming/openid-settings.ts'
import { lyingClient, startLyingProvider, type LyingProvider } from '../support/lying-provider.ts'
import { aProxy } from '../support/proxy.ts'
import { aSigningBrowser } from '../support/sign-in.ts'

const backTo = 'https://curfew.acme.example/confirm/oidc'
const discovery = '/.well-known/openid-configuration'

let liar: LyingProvider
beforeAll(async () => {
  liar = await startLyingProvider()
})
afterAll(() => liar.stop())
afterEach(() => liar.repents())

const ours = ({ timeoutMs = 5_000, ...about }: Record<string, unknown> & { timeoutMs?: number } = {}) =>
  openIdProvider(openIdSettings.parse({ issuer: liar.issuer, ...lyingClient, ...about }), {
    now: () => new Date(),
    timeoutMs,
  })

/** Begins, comes back from there, and finishes: the answer, or why it never came so far. */
async function confirms(provider = ours()) {
  const beginning = await provider.begin({ redirectUri: backTo, maxAgeSeconds: 600 })
  if ('refused' in beginning) return beginning
  const callbackUrl = await aSigningBrowser().goes(beginning.url, { as: 'riley-1', backTo })
  return provider.finish({ callbackUrl, attempt: beginning.attempt, maxAgeSeconds: 600 })
}

const nowSeconds = () => Math.floor(Date.now() / 1_000)
const says = (claims: Record<string, unknown>) => {
  liar.claims = (honest) => ({ ...honest, ...claims })
}

test('without a lie it confirms', async () => {
  expect(await confirms()).toMatchObject({ subject: 'riley-1', email: 'riley@acme.example' })
})

test.each([
  ['for another client', { aud: 'wiki' }, { refused: 'other', why: 'aud' }],
  [
    'for others too, given to one of them',
    { aud: ['curfew', 'wiki'], azp: 'wiki' },
    { refused: 'other', why: 'azp' },
  ],
  ['for us, given to another client', { azp: 'wiki' }, { refused: 'other', why: 'azp' }],
  ['of another provider', { iss: 'https://elsewhere.example' }, { refused: 'other', why: 'iss' }],
  ['of another attempt', { nonce: 'another' }, { refused: 'other', why: 'nonce' }],
  ['of no attempt', { nonce: undefined }, { refused: 'other', why: 'answer' }],
  ['that is over', { exp: 1_700_000_000 }, { refused: 'other', why: 'exp' }],
  ['made in the future', { iat: 4_000_000_000 }, { refused: 'other', why: 'iat' }],
  ['of nobody', { sub: '' }, { refused: 'no-subject' }],
  ['of blanks', { sub: '  ' }, { refused: 'no-subject' }],
  ['of a name that has no end', { sub: 'r'.repeat(256) }, { refused: 'other', why: 'sub' }],
  ['without the time of the sign-in', { auth_time: undefined }, { refused: 'no-auth-time' }],
  ['with a time of the sign-in that is a text', { auth_time: '1700000000' }, { refused: 'other' }],
  ['with a time of the sign-in before the epoch', { auth_time: -5 }, { refused: 'other' }],
  ['with a time of the sign-in in years', { auth_time: 4_000_000_000 }, { refused: 'future' }],
])('an ID token %s confirms nothing', async (_, claims, refusal) => {
  says(claims)
  expect(await confirms()).toMatchObject(refusal)
})

test('a time of the sign-in in milliseconds is not taken for one, nor the time of the token instead', async () => {
  says({ auth_time: Date.now() })
  expect(await confirms()).toEqual({ refused: 'future' })
  says({ auth_time: undefined, iat: nowSeconds() })
  expect(await confirms()).toMatchObject({ refused: 'no-auth-time' })
})

test.each([
  ['a key that was never announced', 'unknown', { refused: 'again' }],
  ['another key under the id of the announced one', 'imposter', { refused: 'other', why: 'signature' }],
  ['the client’s secret', 'secret', { refused: 'other' }],
  ['nothing', 'none', { refused: 'other' }],
] as const)('an ID token that is signed by %s confirms nothing', async (_, signing, refusal) => {
  liar.signing = signing
  expect(await confirms()).toMatchObject(refusal)
})

test.each(['none', 'secret'] as const)(
  'not even where the provider announces that its tokens are signed so: %s',
  async (signing) => {
    liar.announces = { id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256'] }
    liar.signing = signing
    expect(await confirms()).toMatchObject({ refused: 'other' })
  },
)

test('once its keys changed the next attempt confirms: the one under way begins again', async () => {
  const provider = ours()
  await confirms(provider)
  await liar.rotates()

  expect(await confirms(provider)).toEqual({ refused: 'again' })
  expect(await confirms(provider)).toMatchObject({ subject: 'riley-1' })
})

test('e-mails count only where the provider says true, and of the same account', async () => {
  liar.userinfo = { email: 'ada@acme.example', email_verified: 'true' }
  expect(await confirms()).toMatchObject({ email: null })
  liar.userinfo = { email: 'ada@acme.example' }
  expect(await confirms()).toMatchObject({ email: null })
  liar.userinfo = { email: 'ada@acme.example', email_verified: true, sub: 'ada-1' }
  expect(await confirms()).toEqual({ refused: 'other', why: 'sub' })
})

test('Google vouches for mailboxes of its own alone', async () => {
  const google = () => ours({ kind: 'google' })
  says({ email: 'riley@acme.example', email_verified: true })
  expect(await confirms(google())).toMatchObject({ email: null })
  says({ email: 'riley@acme.example', email_verified: true, hd: 'acme.example' })
  expect(await confirms(google())).toMatchObject({ email: 'riley@acme.example' })
})

test('of Entra ID the object’s id is what a directory sends, and the context that was asked for must be there', async () => {
  const entra = () => ours({ kind: 'entra' })
  says({ oid: 'object-1', acrs: ['c1', 'c7'] })
  expect(await confirms(entra())).toMatchObject({ externalIds: ['object-1'], acrs: ['c1', 'c7'] })
  says({ acrs: ['c1'] })
  expect(await confirms(entra())).toMatchObject({ externalIds: [] })
  says({ oid: 'object-1', acrs: ['c7'] })
  expect(await confirms(entra())).toEqual({ refused: 'weak', claim: 'acrs', wanted: ['c1'], got: ['c7'] })
})

test.each([
  ['a text', 'mfa', 'riley-1'],
  ['numbers', [1, 2], 'weak'],
  ['something else', { mfa: true }, 'weak'],
  ['nothing', null, 'weak'],
])('where the methods are %s they count as what they surely say', async (_, amr, expected) => {
  says({ amr })
  const answer = await confirms(ours({ require: { amr: ['mfa'] } }))
  expect('refused' in answer ? answer.refused : answer.subject).toBe(expected)
})

test.each([
  ['cannot give the factors', 'unmet_authentication_requirements', { refused: 'weak', got: null }],
  ['has trouble', 'temporarily_unavailable', { refused: 'unreachable' }],
  ['does not know us', 'unauthorized_client', { refused: 'misconfigured', why: 'unauthorized_client' }],
  ['wants what we do not', 'interaction_required', { refused: 'cancelled', why: 'interaction_required' }],
  ['says nonsense', '<b>Riley</b>', { refused: 'cancelled', why: 'unknown' }],
])('a provider that %s says so by its code alone', async (_, error, refusal) => {
  liar.error = error
  const answer = await confirms()
  expect(answer).toMatchObject(refusal)
  expect(JSON.stringify(answer)).not.toContain('secret-of-the-provider')
})

test.each([
  ['an error page', { status: 500, body: '<html>' }, 'unreadable'],
  ['a page', { status: 200, body: '<html>' }, 'unreadable'],
  ['another place', 'redirects', 'unreadable'],
  ['half an answer', 'breaks', 'down'],
  ['an answer without end', 'floods', 'down'],
  ['nothing', 'hangs', 'slow'],
] as const)(
  'a provider that answers with %s is not waited for, at whatever step',
  async (_, instead, why) => {
    for (const step of [discovery, '/token', '/jwks', '/userinfo']) {
      const timeoutMs = instead === 'hangs' ? 300 : 5_000
      liar.instead.set(step, instead)
      expect([step, await confirms(ours({ timeoutMs }))]).toEqual([step, { refused: 'unreachable', why }])
      liar.repents()
    }
  },
)

test('a provider that is in time at each step and slow as a whole is slow', async () => {
  liar.delayMs = 1_000
  expect(await confirms(ours({ timeoutMs: 2_500 }))).toEqual({ refused: 'unreachable', why: 'slow' })
  expect(liar.asked).toContain('/jwks')
})

test('nobody there is told as that, and once somebody is there all goes on', async () => {
  const { issuer } = liar
  const dead = openIdProvider(openIdSettings.parse({ issuer: 'http://127.0.0.1:1', ...lyingClient }), {
    now: () => new Date(),
  })
  expect(await dead.begin({ redirectUri: backTo, maxAgeSeconds: 600 })).toEqual({
    refused: 'unreachable',
    why: 'down',
  })

  const provider = ours({ issuer })
  liar.instead.set(discovery, { status: 503, body: '' })
  expect(await confirms(provider)).toMatchObject({ refused: 'unreachable' })
  liar.repents()
  expect(await confirms(provider)).toMatchObject({ subject: 'riley-1' })
})

const json = (body: unknown, status = 200) => ({
  status,
  body: JSON.stringify(body),
  type: 'application/json',
})
const part = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')
const token = (id_token: unknown) => json({ access_token: 'a', token_type: 'Bearer', id_token })

test.each([
  ['/token', null],
  ['/token', []],
  ['/token', {}],
  ['/token', { access_token: 'a', token_type: 'Bearer' }],
  ['/token', { access_token: 5, token_type: {} }],
  ['/jwks', null],
  ['/jwks', { keys: [null] }],
  ['/jwks', { keys: [{ kty: 'RSA', kid: '1', n: 'AA', e: '' }] }],
  ['/jwks', { keys: {} }],
  ['/userinfo', []],
  ['/userinfo', { sub: 5 }],
  [discovery, { issuer: 5 }],
  [discovery, 'issuer'],
])('nonsense at %s, %j, confirms nobody and breaks nothing', async (step, nonsense) => {
  liar.instead.set(step, json(nonsense))
  expect(await confirms()).toMatchObject({ refused: expect.any(String) as string })
})

test.each([
  [''],
  ['.'],
  ['..'],
  [5],
  [`${part(null)}.${part(null)}.`],
  [`${part({ alg: 5 })}.${part({})}.AAAA`],
  [`${part({ alg: 'RS256' })}.${part([])}.AAAA`],
  [`${part({ alg: 'RS256', crit: ['b64'] })}.${part({})}.AAAA`],
  [`${part({ alg: 'RS256' })}.%%%.AAAA`],
  ['a.b.c.d.e'],
])('nor does nonsense for an ID token: %j', async (nonsense) => {
  liar.instead.set('/token', token(nonsense))
  expect(await confirms()).toMatchObject({ refused: expect.any(String) as string })
})

test.each([
  ['invalid_grant', 400, { refused: 'again' }],
  ['invalid_client', 401, { refused: 'misconfigured', why: 'invalid_client' }],
  ['server_error', 500, { refused: 'unreachable', why: 'unreadable' }],
  ['slow_down', 429, { refused: 'unreachable', why: 'unreadable' }],
  ['Riley <script>', 400, { refused: 'misconfigured', why: 'unknown' }],
])(
  'the token endpoint that says %s with %d is told by what is to be done',
  async (error, status, refusal) => {
    liar.instead.set('/token', json({ error, error_description: 'secret-of-the-provider' }, status))
    const answer = await confirms()
    expect(answer).toEqual(refusal)
  },
)

test('where Curfew goes out through a proxy, so does all that it asks the provider', async () => {
  const proxy = await aProxy({ to: Number(new URL(liar.issuer).port) })
  const { host } = new URL(liar.issuer)
  const through = openIdProvider(openIdSettings.parse({ issuer: liar.issuer, ...lyingClient }), {
    now: () => new Date(),
    proxies: { http: proxy.url, https: proxy.url, except: '' },
  })
  expect(await confirms(through)).toMatchObject({ subject: 'riley-1' })
  expect(new Set(proxy.asked)).toEqual(new Set([host]))
  proxy.refuses = true
  const refused = openIdProvider(openIdSettings.parse({ issuer: liar.issuer, ...lyingClient }), {
    now: () => new Date(),
    proxies: { http: proxy.url, https: proxy.url, except: '' },
  })
  expect(await confirms(refused)).toEqual({ refused: 'unreachable', why: 'down' })
})

test('a provider that calls itself otherwise than the catalog does is told as something to change', async () => {
  liar.announces = { issuer: `${liar.issuer}/tenant` }
  expect(await confirms()).toEqual({ refused: 'misconfigured', why: 'issuer' })
})

test('of many who begin at once one asks what the provider announces', async () => {
  const provider = ours()
  await Promise.all(
    Array.from({ length: 50 }, () => provider.begin({ redirectUri: backTo, maxAgeSeconds: 600 })),
  )
  expect(liar.asked).toEqual([discovery])
})
