import { openIdSettings } from '../../src/domain/confirming/openid-settings.ts'

const least = { issuer: 'https://idp.acme.example', clientId: 'curfew', clientSecret: 'a secret' }
const read = (about: Record<string, unknown>) => openIdSettings.parse({ ...least, ...about })
const faults = (about: Record<string, unknown>) =>
  openIdSettings.safeParse({ ...least, ...about }).error?.issues.map(({ path }) => path.join('.'))

test.each([
  ['okta', { prompt: 'login', acrValues: ['urn:okta:loa:2fa:any'] }, 'acr'],
  ['entra', { prompt: 'login', claims: { id_token: { acrs: { essential: true, values: ['c1'] } } } }, 'acrs'],
  ['keycloak', { prompt: 'login', acrValues: ['2'] }, 'acr'],
  ['authentik', { prompt: 'login', acrValues: [], claims: null }, 'amr'],
  ['google', { prompt: 'select_account' }, null],
  ['other', { prompt: 'login', acrValues: [], claims: null }, null],
])('of %s its own way is asked, and what proves two factors there is required', (kind, ask, proof) => {
  const { ask: asked, require } = read({ kind })
  expect(asked).toMatchObject(ask)
  const proofs = (['acr', 'acrs', 'amr'] as const).filter((claim) => require[claim].length > 0)
  expect(proofs).toEqual(proof === null ? [] : [proof])
})

test('what an owner writes stands instead of its kind’s, and the rest stays', () => {
  const { ask, require } = read({
    kind: 'okta',
    ask: { acrValues: ['phr'] },
    require: { acr: ['phr', 'phrh'] },
  })
  expect(ask).toMatchObject({ prompt: 'login', acrValues: ['phr'] })
  expect(require.acr).toEqual(['phr', 'phrh'])
  expect(read({ kind: 'okta', ask: { prompt: null } }).ask.prompt).toBeNull()
  expect(read({ kind: 'entra', require: { acrs: [] } }).ask.claims).toBeNull()
  expect(read({ kind: 'entra', require: { acrs: ['c7'] } }).ask.claims).toEqual({
    id_token: { acrs: { essential: true, values: ['c7'] } },
  })
})

test.each([
  [{ issuer: 'http://idp.acme.example' }, 'issuer'],
  [{ issuer: 'https://riley:word@idp.acme.example' }, 'issuer'],
  [{ issuer: 'https://idp.acme.example?tenant=1' }, 'issuer'],
  [{ issuer: 'idp.acme.example' }, 'issuer'],
  [{ issuer: 'https://login.microsoftonline.com/common/v2.0' }, 'issuer'],
  [{ issuer: 'https://login.microsoftonline.com/organizations/v2.0' }, 'issuer'],
  [{ clientSecret: '' }, 'clientSecret'],
  [{ clientId: 'two words' }, 'clientId'],
  [{ ask: { maxAge: 0 } }, 'ask.maxAge'],
  [{ ask: { prompt: 'none' } }, 'ask.prompt'],
  [{ require: { amr: 'mfa' } }, 'require.amr'],
  [{ subject: 'externalId' }, 'source'],
  [{ source: 'okta' }, 'source'],
  [{ requires: {} }, ''],
])('%j is not accepted', (about, where) => {
  expect(faults(about)).toEqual([where])
})

test('http is for this very machine alone', () => {
  for (const issuer of ['http://127.0.0.1:8080', 'http://localhost:8080/realms/acme', 'http://[::1]:1'])
    expect(read({ issuer }).issuer).toBe(issuer)
})
