import { checkProvider } from '../../src/confirming/openid/check-provider.ts'
import { openIdSettings } from '../../src/domain/confirming/openid-settings.ts'
import { lyingClient, startLyingProvider, type LyingProvider } from '../support/lying-provider.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'

let liar: LyingProvider
beforeAll(async () => {
  liar = await startLyingProvider()
})
afterAll(() => liar.stop())
afterEach(() => liar.repents())

const check = (about: Record<string, unknown> = {}, timeoutMs = 5_000) =>
  checkProvider(openIdSettings.parse({ issuer: liar.issuer, ...lyingClient, ...about }), { timeoutMs })

test('a provider that announces what is asked of it lacks nothing', async () => {
  const idp = await startOpenIdProvider({ redirectUris: ['https://curfew.acme.example/confirm/oidc'] })
  const { issuer, clientId, clientSecret } = idp
  const ask = { acrValues: ['mfa'], claims: { id_token: { amr: null } } }
  try {
    expect(await check({ issuer, clientId, clientSecret, ask, require: { acr: ['mfa'] } })).toEqual({
      refusal: null,
      lacks: [],
      hints: [],
    })
  } finally {
    await idp.stop()
  }
})

test('what it does not announce of what is asked and required is hinted at', async () => {
  liar.announces = {
    acr_values_supported: ['pwd'],
    prompt_values_supported: ['none', 'consent'],
    claims_supported: ['sub', 'email'],
    code_challenge_methods_supported: ['plain'],
    scopes_supported: ['openid'],
  }
  const { refusal, lacks, hints } = await check({
    clientAuthentication: 'basic',
    ask: { acrValues: ['mfa'], claims: { id_token: { amr: null } } },
    require: { acr: ['mfa'], amr: ['mfa'] },
  })
  expect({ refusal, lacks }).toEqual({ refusal: null, lacks: [] })
  expect(hints).toEqual([
    'it does not announce client_secret_basic: see clientAuthentication',
    'it does not announce PKCE with S256',
    'it does not announce the scope email, by which accounts are linked',
    'it does not announce the claims parameter, which is sent',
    'it does not announce prompt=login, which is sent',
    'it does not announce the acr mfa, which is asked for',
    'it does not announce auth_time, which must come back',
    'it does not announce acr, which must come back',
    'it does not announce amr, which must come back',
  ])
})

test('that Entra ID links nobody by e-mail is said before the first person finds out', async () => {
  const of = async (about: Record<string, unknown>) => (await check({ kind: 'entra', ...about })).hints.join()
  expect(await of({})).toContain('see subject: externalId')
  expect(await of({ subject: 'externalId', source: 'entra' })).not.toContain('see subject: externalId')
})

test('where nothing but a fresh sign-in is required it is said', async () => {
  expect((await check()).hints).toEqual([
    'nothing is required but a fresh sign-in, of however many factors: see require',
  ])
})

test('keys that cannot be read, and signatures that anybody with the secret can make, are lacks', async () => {
  liar.announces = { id_token_signing_alg_values_supported: ['HS256'] }
  liar.instead.set('/jwks', { status: 200, body: '{"keys":[]}' })
  const { lacks } = await check()
  expect(lacks.map(({ what }) => what)).toEqual([
    'it signs ID tokens by HS256 alone, which anybody who has the client secret can',
    `its keys cannot be read at ${liar.issuer}/jwks`,
  ])
})

test('an issuer that is not one is told as that: nobody there, slow, another name, or without endpoints', async () => {
  expect((await check({ issuer: 'http://127.0.0.1:1' })).refusal).toEqual({
    refused: 'unreachable',
    why: 'down',
  })
  expect((await check({ issuer: `${liar.issuer}/nowhere` })).refusal).toMatchObject({
    refused: 'unreachable',
  })
  liar.announces = { issuer: `${liar.issuer}/` }
  expect((await check({ issuer: `${liar.issuer}/x` })).refusal).toMatchObject({ refused: 'unreachable' })
  liar.announces = { issuer: 'https://elsewhere.example' }
  expect((await check()).refusal).toEqual({ refused: 'misconfigured', why: 'issuer' })
  liar.announces = { token_endpoint: undefined }
  expect((await check()).lacks).toHaveLength(1)
  liar.repents()
  liar.instead.set('/.well-known/openid-configuration', 'hangs')
  expect((await check({}, 300)).refusal).toEqual({ refused: 'unreachable', why: 'slow' })
})
