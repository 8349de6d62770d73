import { openIdProvider } from '../../src/confirming/openid/open-id-provider.ts'
import { judgeLink, type Linkable } from '../../src/domain/confirming/openid-link.ts'
import { openIdSettings } from '../../src/domain/confirming/openid-settings.ts'
import { mongoOpenIdLinks } from '../../src/mongo/confirming/openid-links.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { startOpenIdProvider, type TestOpenIdProvider } from '../support/openid-provider.ts'
import { aSigningBrowser } from '../support/sign-in.ts'

const backTo = 'https://curfew.acme.example/confirm/oidc'

let idp: TestOpenIdProvider
let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
  idp = await startOpenIdProvider({ redirectUris: [backTo] })
})
afterAll(async () => {
  await idp.stop()
  await database.drop()
})

const riley: Linkable = { id: 'p-riley', emails: ['riley@acme.example'], externalIds: [] }
const mallory: Linkable = { id: 'p-mallory', emails: ['mallory@elsewhere.example'], externalIds: [] }

/** As whoever puts the parts together does it. */
async function isConfirmedAs(person: Linkable, account: string): Promise<string> {
  const { issuer, clientId, clientSecret } = idp
  const settings = openIdSettings.parse({ issuer, clientId, clientSecret })
  const provider = openIdProvider(settings, { now: () => new Date() })
  const links = mongoOpenIdLinks(database.connection)
  const beginning = await provider.begin({ redirectUri: backTo, maxAgeSeconds: 600 })
  if ('refused' in beginning) return beginning.refused
  const { url, attempt } = beginning
  const callbackUrl = await aSigningBrowser().goes(url, { as: account, backTo })
  const signedIn = await provider.finish({ callbackUrl, attempt, maxAgeSeconds: 600 })
  if ('refused' in signedIn) return signedIn.refused
  const { subject } = signedIn
  const known = await links.known({ personId: person.id, issuer: signedIn.issuer, subject })
  const judged = judgeLink(signedIn, person, { known, by: settings.subject })
  if (judged.is === 'refused') return judged.why
  return judged.is === 'theirs' ? 'theirs' : links.link(judged.link)
}

test('whoever takes over an address at the provider is not who had it, and who had it stays who they are', async () => {
  idp.accounts.set('r-1', { email: 'riley@acme.example', isVerified: true })
  idp.accounts.set('m-1', { email: 'mallory@elsewhere.example', isVerified: true })
  expect(await isConfirmedAs(riley, 'r-1')).toBe('linked')
  expect(await isConfirmedAs(riley, 'r-1')).toBe('theirs')
  expect(await isConfirmedAs(mallory, 'm-1')).toBe('linked')

  idp.accounts.set('r-1', { email: 'riley@married.example', isVerified: true })
  idp.accounts.set('m-1', { email: 'riley@acme.example', isVerified: true })
  idp.accounts.set('m-2', { email: 'riley@acme.example', isVerified: true })
  expect(await isConfirmedAs(riley, 'm-1')).toBe('another-person')
  expect(await isConfirmedAs(riley, 'm-2')).toBe('link-differs')
  expect(await isConfirmedAs(riley, 'r-1')).toBe('theirs')
})

test('who is lent somebody’s link signs in as themselves, and confirms nothing for them', async () => {
  idp.accounts.set('k-1', { email: 'kim@acme.example', isVerified: true })
  expect(await isConfirmedAs({ id: 'p-sam', emails: ['sam@acme.example'], externalIds: [] }, 'k-1')).toBe(
    'not-theirs',
  )
})
