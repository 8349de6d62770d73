import type { Device } from '../../src/domain/devices/device.ts'
import type { DeviceChange, DeviceStore } from '../../src/domain/ports/devices.ts'
import { mongoDevices } from '../../src/mongo/devices.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { at, kim, riley } from '../support/builders.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { aDevice } from '../support/known-devices.ts'

let database: TestDatabase
let devices: DeviceStore
beforeAll(async () => {
  database = await aDatabase()
  await ensureIndexes(database.connection)
})
beforeEach(async () => {
  await database.connection.collection('devices').deleteMany({})
  devices = mongoDevices(database.connection, { now: () => at(0) })
})
afterAll(() => database.drop())

const put = (id: string, about: Partial<Device> = {}) =>
  devices.change(id, (known) => ({ device: { ...(known ?? aDevice({ id })), ...about }, isChanged: true }))

test('of many who write one at once nothing is lost, also as it is made; what is read is what was written', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `policy.$${i} of ${i}`)
  const replicas = [devices, mongoDevices(database.connection, { now: () => at(0) })]
  const write = async (name: string, i: number): Promise<void> => {
    await replicas[i % 2]
      ?.change('mdm/one', (known) => {
        const device = known ?? aDevice({ id: 'mdm/one', policies: {} })
        const policies = { ...device.policies, [name]: { result: 'pass' as const, at: at(i), remedy: null } }
        return { device: { ...device, policies }, isChanged: true }
      })
      // Too many at once: whoever is told so tells it again.
      .catch(() => write(name, i))
  }
  await Promise.all(names.map(write))
  const found = await devices.get('mdm/one')
  expect(Object.keys(found?.policies ?? {}).sort()).toEqual([...names].sort())
  expect(found?.owner).toEqual(riley)
})

test('whoever follows what changes, a page at a time, sees all of it, though many changed in one moment', async () => {
  await Promise.all(Array.from({ length: 40 }, (_, i) => put(`mdm/${i}`)))
  const seen = new Set<string>()
  let last: DeviceChange | null = null
  for (let page = await devices.changedSince(last, 30); page.length > 0;) {
    for (const one of page) {
      seen.add(one.id)
      expect(one.ownerId).toBe(riley.id)
    }
    last = page.at(-1) ?? null
    page = await devices.changedSince(last, 30)
  }
  expect(seen.size).toBe(40)
  const newest = await devices.newestChange()
  await devices.change(
    'mdm/7',
    (known) => known && { device: { ...known, lastSeenAt: at(9) }, isChanged: false },
  )
  expect(await devices.newestChange()).toBe(newest)
  await put('mdm/7', { name: 'another' })
  const [latest] = (await devices.changedSince({ stamp: newest ?? '', id: '' })).slice(-1)
  expect(latest?.id).toBe('mdm/7')
})

test('what is known is read again only where somebody wrote it since, and counts for nobody whose it is no more', async () => {
  const known = new Map<string, Device>()
  for (const id of ['mdm/same', 'mdm/later', 'mdm/lost']) {
    const device = await put(id, { name: 'as it was' })
    if (device !== null) known.set(id, device)
  }
  await put('mdm/new')
  await put('mdm/later', { name: 'as it is' })
  await put('mdm/lost', { owner: kim })
  // Changed by hand, at the same revision: it shows what is read.
  await database.connection.collection('devices').updateMany({}, { $set: { name: 'by hand' } })
  const named = new Map((await devices.ofPeople([riley.id], known)).map(({ id, name }) => [id, name]))
  expect(Object.fromEntries(named)).toEqual({
    'mdm/same': 'as it was',
    'mdm/later': 'by hand',
    'mdm/new': 'by hand',
  })
})

test('an admin is asked about what is, or may be, somebody’s of ours, and about what is in question; of nobody else’s', async () => {
  await put('mdm/owned', { approval: 'pending', claimed: null })
  await put('mdm/claimed', { approval: 'pending', owner: null, claimed: 'kim@acme.example', claimant: kim })
  await put('mdm/strange', { approval: 'pending', owner: null, claimed: 'nobody@elsewhere.example' })
  await put('mdm/bare', { approval: 'pending', owner: null, claimed: null })
  await put('mdm/questioned', { isInQuestion: true })
  await put('mdm/fine')
  const ids = (found: readonly Device[]) => found.map(({ id }) => id).sort()
  expect(ids(await devices.waiting(10, { needsApproval: true }))).toEqual([
    'mdm/claimed',
    'mdm/owned',
    'mdm/questioned',
  ])
  const first = await devices.waiting(1, { needsApproval: true })
  expect(first.map(({ isInQuestion }) => isInQuestion)).toEqual([true, false])
  expect(ids(await devices.unclaimed(null, 10))).toEqual(['mdm/strange'])
  expect(ids(await devices.ofPeople([riley.id]))).toEqual(['mdm/fine', 'mdm/owned', 'mdm/questioned'])
  expect(await devices.ofSerial('')).toEqual([])
})
