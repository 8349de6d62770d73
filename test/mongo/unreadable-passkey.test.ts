import { mongoPasskeys } from '../../src/mongo/confirming/passkeys.ts'
import { aDatabase } from '../support/database.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

test('one passkey that cannot be read keeps no other from being removed with it', async () => {
  const database = await aDatabase()
  afterThis(() => database.drop())
  const stored = database.connection.collection<{ _id: string; person: string }>('passkeys')
  // As a later version would write it.
  await stored.insertMany(['1', '2'].map((_id) => ({ _id, person: 'riley', transports: ['by-thought'] })))
  await mongoPasskeys(database.connection)
    .removeAll('riley')
    .catch(() => undefined)
  expect(await stored.countDocuments({ person: 'riley' })).toBe(0)
})
