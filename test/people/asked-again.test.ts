import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKnownCompany } from './a-known-company.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

// The reason is kept from when it was first asked: the card says nothing of Riley, whose record it is.
test('a question that is asked anew says whose the record is by now', async () => {
  const { scim, facts, identities, riley, ada } = await aKnownCompany(database.connection)
  await scim.user('u1', { email: ada.email })
  await scim.user('u2', { email: ada.email })
  await facts(ada)
  await scim.user('u1', { email: riley.email })
  await facts(riley)
  expect((await facts(riley)).provisioned?.users).toMatchObject([{ id: 'u1' }])
  await scim.user('u1', { email: ada.email })
  await facts(ada)
  expect((await identities.open()).find(({ userId }) => userId === 'u1')).toMatchObject({
    why: 'of-another-person',
    until: [riley.slack.userId],
  })
})
