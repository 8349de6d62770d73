import type { NewPasskey } from '../../src/domain/confirming/passkey.ts'
import { mongoPasskeys } from '../../src/mongo/confirming/passkeys.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { ada, riley } from '../support/builders.ts'
import { confirmingOn } from '../support/confirming-on.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aKey } from '../support/ring.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.connection.collection('passkeys').deleteMany({})
})

const key = aKey('k1')
const publicUrl = 'https://curfew.acme.example'
const catalog = read(withKeys('mode: session', 'session: { length: 1h }'))

const reachedAt = (url: string | null) => confirmingOn(database, { catalog, key, publicUrl: url })

const phone: NewPasskey = {
  id: 'phone',
  person: riley.id,
  userHandle: 'handle',
  publicKey: 'AAAA',
  counter: 0,
  transports: [],
  aaguid: '00000000-0000-0000-0000-000000000000',
  deviceType: 'singleDevice',
  isBackedUp: false,
  rpId: 'curfew.acme.example',
  label: 'Phone',
}

test.each([
  ['no page is configured', null],
  ['the page has an address for which browsers make no passkeys', 'http://curfew.acme.example'],
])('all that an admin removes while %s is gone once there are passkeys again', async (_, meanwhile) => {
  await mongoPasskeys(database.connection).add(phone)
  await reachedAt(meanwhile).enrolling.removeAll(riley, ada)
  expect(await reachedAt(publicUrl).enrolling.ownWays(riley)).toEqual([])
})
