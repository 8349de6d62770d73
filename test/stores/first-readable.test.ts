import { mongoClock } from '../../src/mongo/clock.ts'
import { deviceModel, mongoDevices } from '../../src/mongo/devices.ts'
import { grantModel, toStored } from '../../src/mongo/grant-model.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { holdModel, mongoHolds } from '../../src/mongo/holds.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoSurfaces, shownModel } from '../../src/mongo/surfaces.ts'
import type { Pending } from '../../src/domain/grant.ts'
import { aPendingGrant, at, riley } from '../support/builders.ts'
import { eventually } from '../journeys/acts.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aDevice } from '../support/known-devices.ts'
import { noLog } from '../support/no-log.ts'

/** What this version cannot read (a later one wrote it) takes the place of nothing that it can, however much there is. */

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
afterEach(() => database.drop())

const aStore = () => mongoGrants(database.connection, mongoClock(database.connection), noLog)
const row = (i: number, grant: Partial<Pending>, about: object) => ({
  ...toStored(
    aPendingGrant({
      id: `o${i}`,
      requestId: `o${i}`,
      subject: { ...riley, id: `p${i}` },
      requestedAt: at(i),
      ...grant,
    }),
  ),
  dueAt: at(i),
  ...about,
})
const write = (rows: readonly object[]) => grantModel(database.connection).collection.insertMany(rows)
/** As many as these, the first so many of which nobody can read. */
const manyBehind = (unreadable: number, about: object, all = 12) =>
  write(Array.from({ length: all }, (_, i) => row(i, {}, i < unreadable ? about : {})))
const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id)
const laterStatus = { status: 'of a later version' }
const later = { reason: 7 }

test('of what is over', async () => {
  const over = { status: 'lapsed', isOpen: false, closedAt: at(0), dueAt: null }
  const subject = { ...riley, id: 'p-over' }
  await write(
    Array.from({ length: 80 }, (_, i) => row(i, { subject }, { ...over, ...(i < 20 ? {} : later) })),
  )
  const found = await aStore().latestOver('p-over', 10)
  expect(ids(found)).toEqual(Array.from({ length: 10 }, (_, i) => `o${19 - i}`))
})

test.each([
  ['by its status', laterStatus],
  ['by something else of it', later],
])('of what is due: %s', async (_, about) => {
  const store = aStore()
  await manyBehind(10, about)
  // Whoever settles one finds out that it cannot be read.
  for (let looked = 0; looked < 6; looked++)
    for (const { id } of await store.due(at(100), 2)) await store.get(id).catch(() => undefined)
  expect(ids(await store.due(at(100), 2))).toEqual(['o10', 'o11'])
})

test('what could not be read is due again within seconds of being written otherwise, and at once where it was read', async () => {
  const store = aStore()
  await manyBehind(2, later, 2)
  for (const id of ['o0', 'o1']) await store.get(id).catch(() => undefined)
  expect(await store.due(at(100), 2)).toEqual([])
  await grantModel(database.connection).collection.updateMany({}, { $set: { reason: 'readable' } })
  await store.get('o1')
  expect(ids(await store.due(at(100), 2))).toEqual(['o1'])
  const both = await eventually(
    () => store.due(at(100), 2),
    (found) => found.length === 2,
    15_000,
  )
  expect(ids(both)).toEqual(['o0', 'o1'])
}, 30_000)

// Each sweep looks at what is left over, twenty at a time: it skipped all that it could not read, from the first.
test('of ten thousand that cannot be read, without looking at them each time', async () => {
  const holds = mongoHolds(database.connection, noLog)
  const due = { leftover: { dueAt: at(0), since: at(0) }, system: 's' }
  const rows = Array.from({ length: 10_000 }, (_, i) => ({ _id: `unreadable ${i}`, ...due }))
  await holdModel(database.connection).collection.insertMany(rows as never[])
  const now = new Date()
  await holds.leftoversDue(now, 20)
  const { db } = database.connection
  await db?.command({ profile: 2 })
  await holds.leftoversDue(now, 20)
  await db?.command({ profile: 0 })
  const asked = await db
    ?.collection('system.profile')
    .find({ op: 'query', ns: /\.holds$/ })
    .toArray()
  expect(asked).toHaveLength(1)
}, 60_000)

test('of devices, who changed where', async () => {
  const devices = mongoDevices(database.connection, { now: () => at(0) }, noLog)
  for (const id of ['d0', 'd1'])
    await devices.change(id, () => ({ device: aDevice({ id }), isChanged: true }))
  const { collection } = deviceModel(database.connection)
  await collection.updateOne({ _id: 'd0' as never }, { $set: { owner: { id: 7 } } })
  expect(ids(await devices.changedSince(null))).toEqual(['d0', 'd1'])
})

test('of what waits for an answer', async () => {
  const store = aStore()
  await manyBehind(10, later)
  for (let looked = 0; looked < 2; looked++) expect(ids(await store.pending(2))).toEqual(['o10', 'o11'])
})

test('of what waits for an answer, for each of several who ask at once', async () => {
  const store = aStore()
  await manyBehind(10, later)
  const found = await Promise.all([store.pending(2), store.pending(2), store.pending(2)])
  expect(found.map(ids)).toEqual(Array.from({ length: 3 }, () => ['o10', 'o11']))
})

test('of what is not shown', async () => {
  const store = aStore()
  await manyBehind(10, later)
  for (let i = 0; i < 10; i++) await store.get(`o${i}`).catch(() => undefined)
  expect(ids(await store.unshown(2)).toSorted()).toEqual(['o10', 'o11'])
})

test('of holds that are due, and of what is left over', async () => {
  const holds = mongoHolds(database.connection, noLog)
  const due = { dueAt: at(0), leftover: { dueAt: at(0), since: at(0) }, system: 's' }
  await holdModel(database.connection).collection.insertMany(
    Array.from({ length: 10 }, (_, i) => ({ _id: `unreadable ${i}`, ...due })) as never[],
  )
  const key = { system: 's', principal: 'p', canonical: 'here', target: {} }
  const leased = await holds.lease(key, 0)
  await holds.write(key, leased.taken ? leased.hold.token : 0, {
    dueInMs: 0,
    leftover: { dueInMs: 0, tries: 1, error: 'it is silent' },
  })
  const soon = new Date(Date.now() + 60_000)
  expect((await holds.due(soon, 1)).map(({ canonical }) => canonical)).toEqual(['here'])
  expect((await holds.leftoversDue(soon, 1)).map(({ canonical }) => canonical)).toEqual(['here'])
})

test('of devices, page by page, and asked for beside others', async () => {
  const devices = mongoDevices(database.connection, { now: () => at(0) }, noLog)
  const waits = { approval: 'pending' as const }
  for (let i = 0; i < 12; i++)
    await devices.change(`d${i}`, () => ({ device: aDevice({ id: `d${i}`, ...waits }), isChanged: true }))
  const unreadable = Array.from({ length: 10 }, (_, i) => `d${i}`).filter((id) => id !== 'd1')
  await deviceModel(database.connection).collection.updateMany(
    { _id: { $in: unreadable as never[] } },
    { $set: { firstSeenAt: 'of a later version' } },
  )
  // In the order of their ids: d0, d1, d10, d11, d2 and so on.
  expect(ids(await devices.pending(null, 2))).toEqual(['d1', 'd10'])
  expect(ids(await devices.pending('d10', 2))).toEqual(['d11'])
  const asked = await Promise.allSettled([devices.get('d0'), devices.get('d1')])
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})

test('of messages that are to be looked at', async () => {
  const surfaces = mongoSurfaces(database.connection, noLog)
  await shownModel(database.connection).collection.insertMany(
    Array.from({ length: 10 }, (_, i) => ({
      _id: `unreadable ${i}`,
      needsLook: true,
      surfaces: [{ key: `card:${i}` }],
    })) as never[],
  )
  const leased = await surfaces.lease({ key: 'card:here', requestId: 'here' }, 5_000)
  if (leased.row === null) throw new Error('it is leased already')
  await surfaces.save(leased.row, { needsLook: true }, leased.leasedBy)
  expect((await surfaces.needingLook(2, 'card:')).map(({ key }) => key)).toEqual(['card:here'])
})

test('what cannot be read is logged once a minute, and of more than a thousand no more than those', async () => {
  const said: unknown[] = []
  const log = {
    ...noLog,
    error: (_: string, fields?: Record<string, unknown>) => void said.push(fields?.['id']),
  }
  const { connection } = database
  const store = mongoGrants(connection, mongoClock(connection), log)
  const held = (i: number) => row(i, {}, { status: 'active', resource: { id: `r${i}`, name: 7 } })
  await write([held(0)])
  for (let looked = 0; looked < 3; looked++) await store.held()
  expect(said).toEqual(['o0'])
  await write(Array.from({ length: 1_100 }, (_, i) => held(i + 1)))
  for (let looked = 0; looked < 2; looked++) await store.held()
  expect(said).toHaveLength(1_000)
})
