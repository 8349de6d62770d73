import { mongoDeviceSources } from '../../src/mongo/device-sources.ts'
import { at } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

test('of many replicas one asks a source each time that it is time; after a look in vain one may at once', async () => {
  const replicas = Array.from({ length: 6 }, () => mongoDeviceSources(database.connection))
  const asked = async (everyMs: number) => {
    const may = await Promise.all(replicas.map((one) => one.mayLook('fleet', everyMs)))
    return may.filter(Boolean).length
  }
  expect(await asked(60_000)).toBe(1)
  expect(await asked(60_000)).toBe(0)
  await replicas[3]?.lookedInVain('fleet')
  expect(await asked(60_000)).toBe(1)
  expect(await replicas[0]?.mayLook('another', 60_000)).toBe(true)
})

test('an admin’s word to take all the same counts for this silence alone, once', async () => {
  const sources = mongoDeviceSources(database.connection)
  await sources.heard('mdm', null)
  const known = async () => (await sources.all()).find(({ source }) => source === 'mdm')
  const heardAt = (await known())?.heardAt ?? new Date(0)
  expect(await sources.takeAnyway('mdm', new Date(0))).toBe(false)
  expect(await sources.takeAnyway('mdm', heardAt)).toBe(true)
  expect(await sources.takeAnyway('mdm', heardAt)).toBe(false)
  expect(await known()).toMatchObject({ isTakenAnyway: true })
  await mongoDeviceSources(database.connection).heard('mdm', null)
  expect(await known()).toMatchObject({ isTakenAnyway: false })
})

test.each<[string, Record<string, unknown>]>([
  ['an instant', { heardAt: at(30) }],
  ['an instant that only another version can read', { heardAt: { at: at(30) } }],
  ['a gap that only another version can read', { heardAt: at(30), gap: [at(10), at(20)] }],
])('a source that reports is heard of, though what was noted of it is %s', async (_what, row) => {
  const stored = database.connection.collection('device_sources')
  await stored.deleteMany({})
  await stored.insertOne({ _id: 'mdm' as never, ...row })
  const sources = mongoDeviceSources(database.connection)
  await sources.heard('mdm', 10 * 365 * 86_400_000)
  const known = (await sources.all()).map(({ source, heardAt }) => [
    source,
    Date.now() - heardAt.getTime() < 60_000,
  ])
  expect(known).toEqual([['mdm', true]])
})
