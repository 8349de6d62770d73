import { scimTokens } from '../../src/scim-tokens.ts'
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
