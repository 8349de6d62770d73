import { mongoDeviceDeliveries } from '../../../src/mongo/device-deliveries.ts'
import type { Nudge } from '../../../src/web/devices/routes.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { secret, standard } from '../../support/device-sources.ts'
import { aDeviceServer, signed } from '../../support/devices-server.ts'
import { startMongod, type Mongod } from '../../support/mongod.ts'
import { afterThis } from '../../workspace/support/a-workspace.ts'

const noon = new Date('2027-01-27T12:00:00Z')
const body = JSON.stringify({
  sourceId: 'riley-1',
  at: '2027-01-27T11:59:00Z',
  attributes: { firewall: true },
})

async function served(...options: Parameters<typeof aDeviceServer>) {
  const server = await aDeviceServer(...options)
  afterThis(() => server.close())
  return server
}

describe('where the database fails', () => {
  let mongod: Mongod
  let database: TestDatabase
  beforeAll(async () => {
    mongod = await startMongod({ replicaSet: true, failPoints: true })
    database = await aDatabase(mongod.uri)
  }, 60_000)
  afterAll(async () => {
    await database.drop()
    await mongod.stop()
  })
  const failing = async (mode: 'alwaysOn' | 'off', data: object = {}) =>
    database.connection.db?.admin().command({ configureFailPoint: 'failCommand', mode, data })
  afterEach(() => failing('off'))
  const notPrimary = { errorCode: 10_107, closeConnection: false }

  test.each([
    ['before the delivery is begun', 'device_deliveries', 'update'],
    ['while the devices are read', 'devices', 'find'],
    ['while the devices are written', 'devices', 'findAndModify'],
  ])(
    '%s, it is answered 503, and taken in when it comes again',
    async (_, collection, command) => {
      const server = await served(standard, { database })
      const sourceId = `${collection}-${command}`
      const text = body.replace('riley-1', sourceId)
      const headers = signed(text, { at: noon })
      const failCommands = [command, ...(command === 'update' ? ['findAndModify'] : [])]
      await failing('alwaysOn', { failCommands, namespace: `${database.name}.${collection}`, ...notPrimary })
      const refused = await server.send('laptops', text, headers)
      expect(refused).toMatchObject({ status: 503, error: 'it could not be taken in now: send it again' })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      await failing('off')
      expect(await server.device(`laptops/${sourceId}`)).toBeNull()
      expect(await server.send('laptops', text, headers)).toMatchObject({ status: 200, accepted: 1 })
      expect(await server.send('laptops', text, headers)).toMatchObject({ status: 200, accepted: 0 })
      expect(server.warnings.join()).not.toContain(secret)
    },
    30_000,
  )
})

describe('deliveries that are remembered', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await aDatabase()
  })
  afterAll(() => database.drop())
  const ourDeliveries = () => mongoDeviceDeliveries(database.connection)
  const rows = () => database.connection.collection<{ _id: string; forgetAt?: Date }>('device_deliveries')
  const begin = async (id: string, source = 'laptops') => {
    const begun = await ourDeliveries().begin({ source, id })
    if (typeof begun === 'string') throw new Error(begun)
    return begun
  }

  test('one is anybody’s once, whichever replica hears of it, and of each source by itself', async () => {
    const begun = await begin('once')
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'once' })).toBe('under-way')
    await begun.finish()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'once' })).toBe('done')
    await begin('once', 'phones')
  })

  test('one that was given back can be begun again', async () => {
    await (await begin('back')).giveBack()
    await (await begin('back')).finish()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'back' })).toBe('done')
  })

  test('one of a replica that crashed is free after half a minute, and what that replica says of it later is not heard', async () => {
    const crashed = await begin('crash')
    await rows().updateMany({ isDone: false }, [{ $set: { leasedUntil: { $subtract: ['$$NOW', 1] } } }])
    const second = await begin('crash')
    await crashed.giveBack()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'crash' })).toBe('under-way')
    await second.finish()
    await crashed.giveBack()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'crash' })).toBe('done')
  })

  test('what was taken in stays so where its claim was lost with a primary', async () => {
    const begun = await begin('lost')
    await rows().findOneAndDelete({ isDone: false }, { sort: { leasedUntil: -1 } })
    await begun.finish()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'lost' })).toBe('done')
  })

  test('what was taken in stays so though somebody else has begun it since, who may give it back', async () => {
    const slow = await begin('slow')
    await rows().updateMany({ isDone: false }, [{ $set: { leasedUntil: { $subtract: ['$$NOW', 1] } } }])
    const second = await begin('slow')
    await slow.finish()
    await second.giveBack()
    expect(await ourDeliveries().begin({ source: 'laptops', id: 'slow' })).toBe('done')
  })

  test('of many at once each is one asker’s, beside others that are done or under way', async () => {
    await (await begin('past')).finish()
    await begin('held')
    const ids = [...Array.from({ length: 20 }, (_, i) => `new-${i % 10}`), 'past', 'held']
    const deliveries = ourDeliveries()
    const begun = await Promise.all(ids.map((id) => deliveries.begin({ source: 'laptops', id })))
    const ours = begun.map((one) => (typeof one === 'string' ? one : 'ours'))
    expect(ours).toEqual([
      ...Array.from({ length: 10 }, () => 'ours'),
      ...Array.from({ length: 10 }, () => 'under-way'),
      'done',
      'under-way',
    ])
  })

  test('ids that say more than an id are ids like others', async () => {
    for (const id of ['$where', 'a.b', '"', 'x'.repeat(100_000), '\u0000']) {
      await (await begin(id)).finish()
      expect(await ourDeliveries().begin({ source: 'laptops', id })).toBe('done')
    }
  })

  test('they are forgotten after an hour', async () => {
    await served(standard, { database })
    await begin('forgotten')
    const indexes = await rows().indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { forgetAt: 1 }, expireAfterSeconds: 0 }))
    const found = await rows().findOne({}, { sort: { forgetAt: -1 } })
    expect(found?.forgetAt?.getTime()).toBeGreaterThan(Date.now() + 55 * 60_000)
    expect(found?.forgetAt?.getTime()).toBeLessThan(Date.now() + 65 * 60_000)
  })
})

test('a report of which the work fails can be delivered again under its id', async () => {
  const server = await served()
  const { change } = server.world.devices
  const failing = { ...server.world.devices, change: () => Promise.reject(new Error('a bug')) }
  Object.assign(server.world, { devices: failing })
  const headers = signed(body, { at: noon })
  expect((await server.send('laptops', body, headers)).status).toBe(503)
  expect(server.warnings).toEqual(['a delivery of devices could not be taken in'])
  Object.assign(server.world, { devices: { ...failing, change } })
  expect(await server.send('laptops', body, headers)).toMatchObject({ status: 200, accepted: 1 })
})

test('who guesses secrets or sources from one address waits, and others do not', async () => {
  const limits = { failed: 10, withinMs: 60_000, atOnce: 100, addresses: 100 }
  const server = await served(standard, { limits })
  const from = (address: string, more = {}, source = 'laptops') =>
    server.send(source, body, { 'x-forwarded-for': address, ...more })
  const statuses = []
  for (let at = 0; at < 12; at += 1)
    statuses.push((await from('203.0.113.9', {}, at % 2 === 0 ? 'laptops' : 'phones')).status)
  expect(statuses).toEqual([401, 404, 401, 404, 401, 404, 401, 404, 401, 404, 429, 429])
  const waits = await from('203.0.113.9', signed(body, { at: noon }))
  expect(waits.status).toBe(429)
  expect(Number(waits.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(await from('203.0.113.10', signed(body, { at: noon }))).toMatchObject({ status: 200, accepted: 1 })
})

test('a source whose settings are not whole is as if it were not there', async () => {
  const server = await served()
  const devices = server.world.catalog().devices
  const source = devices.sources.get('laptops')
  if (source === undefined) throw new Error('no source')
  const sources = new Map([['laptops', { ...source, settings: undefined }]])
  const catalog = { ...server.world.catalog(), devices: { ...devices, sources } }
  Object.assign(server.world, { catalog: () => catalog })
  expect((await server.send('laptops', body, signed(body, { at: noon }))).status).toBe(404)
})

describe('what cannot sign and only nudges', () => {
  const fleet = `fleet: { kind: fleet, url: "https://fleet.acme.example", token: t0ken }\n${standard}`

  test('is handed on with its secret, and answered 401 where that is not theirs', async () => {
    const heard: Nudge[] = []
    const nudge = async (one: Nudge) => {
      heard.push(one)
      return one.secret === 'right'
    }
    const server = await served(fleet, { nudge })
    const failing = { timestamp: '2027-01-27T12:00:00Z', policy: { id: 1 }, hosts: [{ id: 7 }] }
    expect((await server.send('fleet/right', JSON.stringify(failing))).status).toBe(200)
    expect(heard).toMatchObject([{ source: { id: 'fleet' }, secret: 'right', body: failing }])
    expect((await server.send('fleet/wrong', JSON.stringify(failing))).status).toBe(401)
    expect((await server.send('laptops/right', '{}')).status).toBe(404)
    expect((await server.send('fleet/right', 'x'.repeat(2_000_000))).status).toBe(413)
    expect((await server.send('fleet', body, signed(body, { at: noon }))).status).toBe(404)
    expect((await server.send('fleet/right', undefined, {}, 'GET')).status).toBe(405)
    expect(heard).toHaveLength(2)
  })

  test('has no address where nobody listens', async () => {
    const server = await served(fleet)
    expect((await server.send('fleet/right', '{}')).status).toBe(404)
  })
})
