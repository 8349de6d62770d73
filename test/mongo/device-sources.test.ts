import { mongoDeviceSources } from '../../src/mongo/device-sources.ts'
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
