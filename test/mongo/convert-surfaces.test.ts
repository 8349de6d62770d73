import { convertSurfaces } from '../../src/mongo/convert-surfaces.ts'
import { mongoSurfaces } from '../../src/mongo/surfaces.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
})
afterEach(() => database.drop())

const shown = { shows: 'mark', failure: null, tries: 1, needsLook: false }
const row = (_id: string, requestId: string, about: object = {}) => ({
  _id,
  requestId,
  channel: 'C1',
  ts: `${_id}.0`,
  ...shown,
  leaseUntil: new Date(0),
  leasedBy: 'somebody',
  ...about,
})
const earlier = () => {
  const { db } = database.connection
  if (!db) throw new Error('not connected')
  return db.collection<{ _id: string }>('surfaces')
}

test('messages that were noted one by one are those of their request; what is there already stays', async () => {
  await earlier().insertMany([
    row('card:a', 'a', { needsLook: true }),
    row('dm:a', 'a', { channel: null, ts: null, shows: null }),
    row('card:b', 'b'),
    row('digest:U1:2026-01-01', 'digest'),
    row('digest:U2:2026-01-01', 'digest'),
  ])
  const before = mongoSurfaces(database.connection)
  await before.lease({ key: 'card:b', requestId: 'b' }, 60_000)
  await before.save({ key: 'card:b', requestId: 'b' }, { channel: 'C2', ts: 'newer' })

  await Promise.all([convertSurfaces(database.connection), convertSurfaces(database.connection)])
  await convertSurfaces(database.connection)

  const store = mongoSurfaces(database.connection)
  const { surfaces, version, othersUntil } = await store.of('a')
  expect(new Map(surfaces.map((one) => [one.key, one]))).toEqual(
    new Map([
      ['card:a', { key: 'card:a', requestId: 'a', channel: 'C1', ts: 'card:a.0', ...shown, needsLook: true }],
      ['dm:a', { key: 'dm:a', requestId: 'a', channel: null, ts: null, ...shown, shows: null }],
    ]),
  )
  expect(othersUntil).toBe(version)
  expect((await store.needingLook(10, 'card:')).map(({ key }) => key)).toEqual(['card:a'])
  expect((await store.of('b')).surfaces).toMatchObject([{ channel: 'C2', ts: 'newer' }])
  const day = { key: 'digest:U1:2026-01-01', requestId: 'digest:U1:2026-01-01' }
  expect((await store.lease(day, 60_000)).row).toMatchObject({ ts: 'digest:U1:2026-01-01.0' })
})

test('where nothing was noted before there is nothing to do', async () => {
  await convertSurfaces(database.connection)
  expect((await mongoSurfaces(database.connection).of('a')).surfaces).toEqual([])
})
