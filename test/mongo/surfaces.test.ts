import { convertSurfaces } from '../../src/mongo/convert-surfaces.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import { mongoSurfaces } from '../../src/mongo/surfaces.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await aDatabase()
})
afterEach(() => database.drop())

const collection = (name: string) => {
  const { db } = database.connection
  if (!db) throw new Error('not connected')
  return db.collection<{ _id: string }>(name)
}
const malformed = {
  _id: 'bad',
  version: 1,
  savedBy: null,
  savedSince: 0,
  needsLook: true,
  surfaces: [{ key: 'card:bad', needsLook: true }],
}
const of = (requestId: string) => ({ key: `card:${requestId}`, requestId })

describe('what is wrong with one request fails no other asked for in the same moment', () => {
  test('leases', async () => {
    await collection('shown').insertOne(malformed)
    const store = mongoSurfaces(database.connection)
    const [, good] = await Promise.allSettled([store.lease(of('bad'), 1_000), store.lease(of('good'), 1_000)])
    expect(good).toMatchObject({ status: 'fulfilled', value: { row: of('good') } })
  })
  test('saves', async () => {
    const store = mongoSurfaces(database.connection)
    await store.lease(of('good'), 1_000)
    await collection('shown').insertOne(malformed)
    const [, good] = await Promise.allSettled([
      store.save(of('bad'), { tries: 1 }),
      store.save(of('good'), { channel: 'C1', ts: '1.0', shows: 'x' }),
    ])
    expect(good).toMatchObject({ status: 'fulfilled' })
  })
  test('needing a look', async () => {
    const store = mongoSurfaces(database.connection)
    await store.lease(of('good'), 1_000)
    await store.save(of('good'), { channel: 'C1', ts: '1.0', shows: 'x', needsLook: true })
    await collection('shown').insertOne(malformed)
    expect(await store.needingLook(10, 'card:').catch((error: unknown) => error)).toMatchObject([of('good')])
  })
  test('pauses', async () => {
    const store = mongoSurfaces(database.connection)
    await store.pause('chat.update', 60_000)
    const unreadable = { until: new Date(Date.now() + 60_000) } as unknown as { _id: string }
    await collection('pauses').insertOne(unreadable)
    expect([...(await store.pauses()).keys()]).toEqual(['chat.update'])
  })
  test('holds: leases', async () => {
    const holds = mongoHolds(database.connection)
    const key = (principal: string) => ({ system: 's', principal, canonical: 'c', target: {} })
    await holds.lease(key('bad'), 1)
    await collection('holds').updateOne({ principal: 'bad' }, { $set: { claims: 'nonsense' } })
    const [, good] = await Promise.allSettled([
      holds.lease(key('bad'), 1_000),
      holds.lease(key('good'), 1_000),
    ])
    expect(good).toMatchObject({ status: 'fulfilled', value: { taken: true } })
  })
  test('an error is not told as "another process has it"', async () => {
    const store = mongoSurfaces(database.connection)
    await store.lease(of('bad'), 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await database.connection.db?.command({
      collMod: 'shown',
      validator: { _id: { $ne: 'bad' } },
    })
    const alone = await Promise.allSettled([store.lease(of('bad'), 1_000)])
    expect(alone).toMatchObject([{ status: 'rejected' }])
    const [bad] = await Promise.allSettled([store.lease(of('bad'), 1_000), store.lease(of('good'), 1_000)])
    expect(bad).toMatchObject({ status: 'rejected' })
  })
})

describe('what another primary noted, whose clock was hours ahead, keeps nobody waiting', () => {
  const hours = 2 * 3_600_000
  test('for a turn', async () => {
    const store = mongoSurfaces(database.connection)
    const of = { burst: 1, everyMs: 1_500 }
    await store.turn('ahead', of)
    await collection('pauses').updateOne({ _id: 'turn:ahead' }, [
      { $set: { fullAt: { $add: ['$fullAt', hours] } } },
    ])
    expect(await store.turn('ahead', of)).toBe(0)
    const nextMs = await store.turn('ahead', of)
    expect(nextMs).toBeGreaterThan(0)
    expect(nextMs).toBeLessThanOrEqual(1_500)
  })
  const theClockIsSetBack = () =>
    collection('shown').updateOne({ _id: 'r1' }, [
      {
        $set: {
          surfaces: {
            $map: {
              input: '$surfaces',
              as: 'one',
              in: { $mergeObjects: ['$$one', { leaseUntil: { $add: ['$$one.leaseUntil', hours] } }] },
            },
          },
        },
      },
    ])
  test('for a message that a process had when it died', async () => {
    await mongoSurfaces(database.connection).lease(of('r1'), 16_000)
    await theClockIsSetBack()
    expect((await mongoSurfaces(database.connection).lease(of('r1'), 16_000)).row).not.toBeNull()
  })
  test('for what stands of it, which nobody is sending and nobody knows', async () => {
    const dead = mongoSurfaces(database.connection)
    const { leasedBy } = await dead.lease(of('r1'), 16_000)
    await dead.save(of('r1'), { channel: 'C1', ts: '1.0', shows: 'as it was' }, leasedBy)
    await dead.lease(of('r1'), 16_000)
    await theClockIsSetBack()
    expect(await mongoSurfaces(database.connection).of('r1')).toMatchObject({
      isBeingSent: false,
      surfaces: [{ ts: '1.0', shows: null }],
    })
  })
  test('for the end of a pause', async () => {
    const store = mongoSurfaces(database.connection)
    await store.pause('chat.update', 30_000)
    await collection('pauses').updateOne({ _id: 'chat.update' }, [
      { $set: { until: { $add: ['$until', hours] } } },
    ])
    expect([...(await store.pauses()).keys()]).toEqual([])
  })
})

test('a turn in a channel is forgotten by itself: those that were ever busy are not read each second', async () => {
  await ensureIndexes(database.connection)
  await mongoSurfaces(database.connection).turn('C1', { burst: 1, everyMs: 1_000 })
  const [turn] = await collection('pauses').find().toArray()
  const indexes = await collection('pauses').indexes()
  expect(Object.keys(turn ?? {})).toContain('fullAt')
  expect(indexes).toContainEqual(expect.objectContaining({ key: { fullAt: 1 }, expireAfterSeconds: 3_600 }))
})

describe('conversion', () => {
  const full = (_id: string, requestId: string) => ({
    _id,
    requestId,
    channel: 'C1',
    ts: `${_id}.0`,
    shows: 'mark',
    failure: null,
    tries: 1,
    needsLook: false,
    leaseUntil: new Date(0),
    leasedBy: 'somebody',
  })
  test('rows with missing fields are read afterwards, and fail no other of their request', async () => {
    await collection('surfaces').insertMany([
      full('card:a', 'a'),
      { _id: 'dm:a', requestId: 'a', channel: 'D1', ts: '2.0' } as { _id: string },
    ])
    await convertSurfaces(database.connection)
    const store = mongoSurfaces(database.connection)
    const { surfaces } = await store.of('a')
    expect(surfaces.find(({ key }) => key === 'card:a')).toMatchObject({ ts: 'card:a.0' })
    expect(surfaces.find(({ key }) => key === 'dm:a')).toMatchObject({ ts: '2.0', shows: null, tries: 0 })
  })
  test('rows of which nothing says what they are of keep no other from being put together', async () => {
    const nameless = { ...full('card:b', 'b'), requestId: undefined }
    const unreadable = { ...full('dm:a', 'a'), _id: 7, requestId: 'digest' } as unknown as { _id: string }
    await collection('surfaces').insertMany([full('card:a', 'a'), nameless, unreadable])
    await convertSurfaces(database.connection)
    const { surfaces } = await mongoSurfaces(database.connection).of('a')
    expect(surfaces).toMatchObject([{ key: 'card:a', ts: 'card:a.0' }])
  })
  test('hundreds of rows of one request', async () => {
    const rows = Array.from({ length: 900 }, (_, i) => full(`dm:a:${i}`, 'a'))
    await collection('surfaces').insertMany(rows)
    await convertSurfaces(database.connection)
    const store = mongoSurfaces(database.connection)
    expect((await store.of('a')).surfaces).toHaveLength(900)
    const taken = await Promise.all(rows.map(({ _id: key }) => store.lease({ key, requestId: 'a' }, 60_000)))
    expect(taken.every(({ row }) => row !== null)).toBe(true)
    await Promise.all(rows.map(({ _id: key }) => store.save({ key, requestId: 'a' }, { shows: key })))
    expect((await store.of('a')).surfaces.every(({ key, shows }) => key === shows)).toBe(true)
  }, 60_000)
  test('a lease that another version still holds is waited for', async () => {
    await collection('surfaces').insertMany([
      {
        ...full('card:a', 'a'),
        channel: null,
        ts: null,
        shows: null,
        leaseUntil: new Date(Date.now() + 15_000),
      } as { _id: string },
    ])
    await convertSurfaces(database.connection)
    expect((await mongoSurfaces(database.connection).lease(of('a'), 1_000)).row).toBeNull()
  })
  test('several replicas at once, one of which is done early', async () => {
    for (let round = 0; round < 6; round++) {
      const rows = Array.from({ length: 6_000 }, (_, i) => full(`card:${round}-${i}`, `${round}-${i}`))
      await collection('surfaces').insertMany(rows)
      const later = async (ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, ms))
        await convertSurfaces(database.connection)
      }
      const results = await Promise.allSettled([0, 5, 20, 60, 120, 200].map(later))
      expect(results.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([])
    }
    expect(await collection('shown').countDocuments()).toBe(36_000)
  }, 120_000)
})
