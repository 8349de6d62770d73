import { openIdProvider } from '../../src/confirming/openid/open-id-provider.ts'
import { openIdSettings } from '../../src/domain/confirming/openid-settings.ts'
import { startOpenIdProvider, type TestOpenIdProvider } from '../support/openid-provider.ts'
import { aSigningBrowser, type SigningBrowser } from '../support/sign-in.ts'

const backTo = 'https://curfew.acme.example/confirm/oidc'

/** With these, oidc-provider says `acr` and `amr`. */
const claims = { id_token: { amr: null } }

let idp: TestOpenIdProvider
beforeAll(async () => {
  idp = await startOpenIdProvider({ redirectUris: [backTo] })
  idp.accounts.set('riley-1', { email: 'riley@acme.example', isVerified: true })
  idp.accounts.set('kim-1', { email: 'kim@acme.example', isVerified: false })
})
afterAll(() => idp.stop())
beforeEach(() => {
  idp.signIns.at = null
  idp.signIns.acr = 'mfa'
  idp.signIns.amr = ['pwd', 'otp', 'mfa']
})

function ours(about: Record<string, unknown> = {}) {
  const { issuer, clientId, clientSecret } = idp
  const settings = openIdSettings.parse({
    issuer,
    clientId,
    clientSecret,
    ask: { acrValues: ['mfa'], claims },
    require: { acr: ['mfa'] },
    ...about,
  })
  return openIdProvider(settings, { now: () => new Date() })
}

type Ours = ReturnType<typeof ours>

async function begun(provider: Ours, maxAgeSeconds = 600) {
  const beginning = await provider.begin({ redirectUri: backTo, maxAgeSeconds })
  if ('refused' in beginning) throw new Error(beginning.refused)
  return beginning
}

/** From the press of a button until the browser is back, and what comes of it. */
async function confirms(
  provider: Ours,
  as: string | null,
  {
    browser = aSigningBrowser(),
    maxAgeSeconds = 600,
  }: { browser?: SigningBrowser; maxAgeSeconds?: number } = {},
) {
  const { url, attempt } = await begun(provider, maxAgeSeconds)
  const callbackUrl = await browser.goes(url, { as, backTo })
  return { callbackUrl, attempt, answer: await provider.finish({ callbackUrl, attempt, maxAgeSeconds }) }
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000)

test('who signs in is confirmed: their account, verified e-mail, when and how they signed in', async () => {
  const { answer } = await confirms(ours(), 'riley-1')

  expect(answer).toEqual({
    issuer: idp.issuer,
    subject: 'riley-1',
    email: 'riley@acme.example',
    externalIds: ['riley-1'],
    at: expect.any(Date) as Date,
    acr: 'mfa',
    acrs: [],
    amr: ['pwd', 'otp', 'mfa'],
  })
})

test('an e-mail that the provider has not verified is nobody’s', async () => {
  const { answer } = await confirms(ours(), 'kim-1')
  expect(answer).toMatchObject({ subject: 'kim-1', email: null })
})

test('whoever is signed in already signs in once more, however lately that was', async () => {
  const browser = aSigningBrowser()
  const provider = ours()
  await confirms(provider, 'riley-1', { browser })
  const { answer } = await confirms(provider, 'riley-1', { browser })

  expect(answer).toMatchObject({ subject: 'riley-1' })
  expect(browser.asked()).toBe(2)
})

test('where somebody takes prompt and max_age out of the address, an old session confirms nothing', async () => {
  const browser = aSigningBrowser()
  const provider = ours()
  idp.signIns.at = secondsAgo(3_600)
  await browser.goes((await begun(provider)).url, { as: 'riley-1', backTo })

  const { url, attempt } = await begun(provider)
  const stripped = new URL(url)
  stripped.searchParams.delete('prompt')
  stripped.searchParams.delete('max_age')
  // So that the provider says when it was, without being asked for an age.
  stripped.searchParams.set('claims', JSON.stringify({ id_token: { auth_time: null, amr: null } }))
  const callbackUrl = await browser.goes(stripped.href, { as: 'riley-1', backTo })
  const answer = await provider.finish({ callbackUrl, attempt, maxAgeSeconds: 600 })

  expect(browser.asked()).toBe(1)
  expect(answer).toMatchObject({ refused: 'stale' })
})

test('a provider that says nothing of when they signed in is refused, with the setting to change there', async () => {
  const provider = ours()
  const { url, attempt } = await begun(provider)
  const stripped = new URL(url)
  stripped.searchParams.delete('prompt')
  stripped.searchParams.delete('max_age')
  const callbackUrl = await aSigningBrowser().goes(stripped.href, { as: 'riley-1', backTo })

  expect(await provider.finish({ callbackUrl, attempt, maxAgeSeconds: 600 })).toEqual({
    refused: 'no-auth-time',
    setting: expect.stringContaining('auth_time') as string,
  })
})

test.each([
  ['55 seconds more than may be', 655, 'riley-1'],
  ['65 seconds more than may be', 665, 'stale'],
  ['55 seconds ahead of us', -55, 'riley-1'],
  ['65 seconds ahead of us', -65, 'future'],
])('a sign-in %s: clocks may differ by a minute and no more', async (_, ageSeconds, expected) => {
  idp.signIns.at = secondsAgo(ageSeconds)
  const { answer } = await confirms(ours(), 'riley-1')
  expect('refused' in answer ? answer.refused : answer.subject).toBe(expected)
})

test('a sign-in without the factors that are asked for is too weak, and it is said which are wanted', async () => {
  idp.signIns.acr = 'pwd'
  idp.signIns.amr = ['pwd']

  expect((await confirms(ours(), 'riley-1')).answer).toEqual({
    refused: 'weak',
    claim: 'acr',
    wanted: ['mfa'],
    got: ['pwd'],
  })
  expect((await confirms(ours({ require: { amr: ['mfa', 'hwk'] } }), 'riley-1')).answer).toEqual({
    refused: 'weak',
    claim: 'amr',
    wanted: ['mfa', 'hwk'],
    got: ['pwd'],
  })
})

test('who presses Cancel is not confirmed, and nothing that the provider wrote is told on', async () => {
  const { answer } = await confirms(ours(), null)
  expect(answer).toEqual({ refused: 'cancelled', why: 'access_denied' })
})

test('one answer confirms once: the second time the code is spent', async () => {
  const provider = ours()
  const { callbackUrl, attempt, answer } = await confirms(provider, 'riley-1')

  expect(answer).toMatchObject({ subject: 'riley-1' })
  expect(await provider.finish({ callbackUrl, attempt, maxAgeSeconds: 600 })).toEqual({ refused: 'again' })
})

test('an answer to another attempt confirms nothing: another state, verifier or nonce', async () => {
  const provider = ours()
  const another = (await begun(provider)).attempt
  for (const [part, why] of [
    ['state', { refused: 'other', why: 'state' }],
    ['verifier', { refused: 'again' }],
    ['nonce', { refused: 'other', why: 'nonce' }],
  ] as const) {
    const { url, attempt } = await begun(provider)
    const callbackUrl = await aSigningBrowser().goes(url, { as: 'riley-1', backTo })
    const mixed = { ...attempt, [part]: another[part] }
    expect(await provider.finish({ callbackUrl, attempt: mixed, maxAgeSeconds: 600 })).toEqual(why)
  }
})

test.each([
  ['the code twice', (query: URLSearchParams) => query.append('code', 'other')],
  ['no code', (query: URLSearchParams) => query.delete('code')],
  ['another issuer', (query: URLSearchParams) => query.set('iss', 'https://elsewhere.example')],
  ['no issuer', (query: URLSearchParams) => query.delete('iss')],
  ['the state twice', (query: URLSearchParams) => query.append('state', 'other')],
])('an answer with %s confirms nothing', async (_, change) => {
  const provider = ours()
  const { url, attempt } = await begun(provider)
  const back = new URL(await aSigningBrowser().goes(url, { as: 'riley-1', backTo }))
  change(back.searchParams)

  expect(await provider.finish({ callbackUrl: back.href, attempt, maxAgeSeconds: 600 })).toEqual({
    refused: 'other',
    why: 'answer',
  })
})

test('a wrong client secret is told as something for an admin to change', async () => {
  const { answer } = await confirms(ours({ clientSecret: 'wrong' }), 'riley-1')
  expect(answer).toEqual({ refused: 'misconfigured', why: 'invalid_client' })
})

test('the secret may be sent by Basic too, and a wrong one is refused that way as well', async () => {
  const basic = (about = {}) => ours({ clientAuthentication: 'basic', ...about })
  expect((await confirms(basic(), 'riley-1')).answer).toMatchObject({ subject: 'riley-1' })
  expect((await confirms(basic({ clientSecret: 'wrong' }), 'riley-1')).answer).toEqual({
    refused: 'misconfigured',
    why: 'invalid_client',
  })
})

test('who is linked already costs no call for their e-mail', async () => {
  const provider = ours()
  const { url, attempt } = await begun(provider)
  const callbackUrl = await aSigningBrowser().goes(url, { as: 'riley-1', backTo })

  const answer = await provider.finish({ callbackUrl, attempt, maxAgeSeconds: 600, needsEmail: false })
  expect(answer).toMatchObject({ subject: 'riley-1', email: null })
})

test('what is sent asks for a fresh and strong sign-in, at least a second old, of whom it is about', async () => {
  const provider = ours()
  const beginning = await provider.begin({
    redirectUri: backTo,
    maxAgeSeconds: 0,
    loginHint: 'riley@acme.example',
  })
  if ('refused' in beginning) throw new Error(beginning.refused)

  expect(Object.fromEntries(new URL(beginning.url).searchParams)).toMatchObject({
    prompt: 'login',
    max_age: '1',
    acr_values: 'mfa',
    login_hint: 'riley@acme.example',
    redirect_uri: backTo,
    scope: 'openid email',
    response_type: 'code',
    code_challenge_method: 'S256',
  })
})
