import { userInfo } from 'node:os'
import { keys } from '../../src/keys.ts'
import { scimTokens } from '../../src/scim-tokens.ts'
import { uriOf } from '../support/curfew.ts'
import { aKey, written } from '../support/ring.ts'
import { aRecord } from './a-record.ts'

test('a token made at the command line of an installation that keeps a record stands in it, though that shell lacks its key', async () => {
  const { connection, asks, records, chain } = await aRecord()
  await asks()
  await records()
  const uri = new URL(process.env['CURFEW_TEST_MONGODB_URI'] ?? '')
  uri.pathname = `/${connection.name}`
  const environment = { MONGODB_URI: uri.href, PUBLIC_URL: 'https://curfew.acme.example' }
  const made = await scimTokens(['token', 'create', 'okta'], environment).then(
    () => true,
    () => false,
  )
  await records()
  const texts = (await chain.after(0, 10)).map((link) => ('text' in link ? link.text : ''))
  const isRecorded = texts.some((text) => text.includes('directory-token-made'))
  // Refused, or recorded.
  expect({ made, isRecorded }).not.toEqual({ made: true, isRecorded: false })
})

test('a token that is ended and keys that are rotated at the command line stand in the record, by whom', async () => {
  const { connection, records, chain } = await aRecord()
  const place = {
    MONGODB_URI: uriOf(process.env['CURFEW_TEST_MONGODB_URI'] ?? '', connection.name),
    AUDIT_KEYS: written(aKey('k1')),
    PUBLIC_URL: 'https://curfew.acme.example',
    CURFEW_KEYS: written(aKey('k2')),
  }
  await scimTokens(['token', 'create', 'okta'], place)
  const [, id = ''] = /\n(\S+) +okta/.exec(await scimTokens(['token', 'list'], place)) ?? []
  await scimTokens(['token', 'revoke', id], place)
  await keys(['rotate'], place)
  await records()
  const texts = (await chain.after(0, 10)).map((link) => ('text' in link ? link.text : ''))
  const types = ['directory-token-made', 'directory-token-revoked', 'keys-rotated']
  expect(texts.map((text) => types.find((type) => text.includes(`"${type}"`)))).toEqual(types)
  for (const text of texts) expect(text).toContain(userInfo().username)
})
