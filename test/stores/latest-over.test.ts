import { mongoClock } from '../../src/mongo/clock.ts'
import { grantModel, toStored } from '../../src/mongo/grant-model.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { aPendingGrant, at, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterAll(() => database.drop())

const row = (i: number, about: object) => ({
  ...toStored(
    aPendingGrant({
      id: `o${i}`,
      requestId: `o${i}`,
      subject: { ...riley, id: 'p-over' },
      requestedAt: at(i),
    }),
  ),
  ...about,
})

test('of what is over, a grant that cannot be read takes the place of none that can', async () => {
  const { connection } = database
  const store = mongoGrants(connection, mongoClock(connection), noLog)
  const rows = Array.from({ length: 30 }, (_, i) =>
    row(i, {
      status: 'lapsed',
      isOpen: false,
      closedAt: at(i),
      dueAt: null,
      ...(i < 20 ? {} : { reason: 7 }),
    }),
  )
  await grantModel(connection).collection.insertMany(rows as never[])
  const found = await store.latestOver('p-over', 10)
  expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, i) => `o${19 - i}`))
})
