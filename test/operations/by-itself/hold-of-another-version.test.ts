import type { Catalog } from '../../../src/domain/catalog.ts'
import type { Device } from '../../../src/domain/devices/device.ts'
import { mongoDeviceSources } from '../../../src/mongo/device-sources.ts'
import { lookAt } from '../../../src/operations/by-itself/device-watch.ts'
import { catalog as simulated } from '../../simulation/catalog.ts'
import { anActiveGrant, at, riley } from '../../support/builders.ts'
import { aDatabase, type TestDatabase } from '../../support/database.ts'
import { aDevice, aRule, saidAt } from '../../support/known-devices.ts'
import { noLog } from '../../support/no-log.ts'
import { aSlackSide } from '../../support/slack-side.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.drop())

/** `outage: hold`: what a silence would take waits for an admin's word. */
const holding = ((): Catalog => {
  const resource = simulated.resources.get('db')
  const entitlement = resource?.entitlements.get('one')
  if (!resource || !entitlement) throw new Error('the catalog has no such entitlement')
  const entitlements = new Map([['one', { ...entitlement, device: aRule() }]])
  const sources = new Map([['mdm', {}]]) as unknown as Catalog['devices']['sources']
  return {
    ...simulated,
    devices: { ...simulated.devices, sources, outage: 'hold' },
    resources: new Map([['db', { ...resource, entitlements }]]),
  }
})()

test.each<[string, Record<string, unknown>]>([
  ['is silent', { heardAt: at(30) }],
  ['is silent since an instant that only another version can read', { heardAt: { at: at(30) } }],
  [
    'was silent, and has just been heard of again',
    { heardAt: at(599), gap: { from: at(30), until: at(590) } },
  ],
  [
    'was silent for a time that only another version can read, and has just been heard of again',
    { heardAt: at(599), gap: [at(30), at(590)] },
  ],
])(
  'where what a silence would take waits for an admin (outage: hold) nobody loses what they hold as its source %s',
  async (_what, row) => {
    const { watched, status } = await aHolder([{ _id: 'mdm', ...row }], {
      said: saidAt(0, { firewall: true }),
    })
    await watched()
    expect(await status()).toBe('active')
  },
)

test.each<[string, Row[], Partial<Device>]>([
  [
    'another source, which the catalog names no more',
    [
      { _id: 'mdm', heardAt: at(599) },
      { _id: 'old', heardAt: { at: at(30) } },
    ],
    { said: saidAt(599, { firewall: false }) },
  ],
  [
    'another source, as its device is revoked,',
    [
      { _id: 'mdm', heardAt: at(599) },
      { _id: 'old', heardAt: at(599), gap: [at(30), at(590)] },
    ],
    { approval: 'rejected', said: saidAt(599, { firewall: true }) },
  ],
  [
    'its own source',
    [{ _id: 'mdm', heardAt: at(599), gap: [at(30), at(590)] }],
    { said: saidAt(599, { firewall: false }) },
  ],
  [
    'its own source, though it is silent,',
    [{ _id: 'mdm', heardAt: { at: at(30) } }],
    { said: saidAt(30, { firewall: false }) },
  ],
])(
  'with outage: hold what a source says, and an admin, is carried out though what is noted of %s can be read by another version alone',
  async (_what, rows, device) => {
    const { watched, status } = await aHolder(rows, device)
    await watched()
    expect(await status()).toBe('revoking')
  },
)

type Row = { readonly _id: string } & Record<string, unknown>

/** Something is held on a device, ten minutes in; `watched`: it was looked at. */
async function aHolder(rows: readonly Row[], device: Partial<Device>) {
  const { connection } = database
  const stored = connection.collection('device_sources')
  await stored.deleteMany({})
  await stored.insertMany(rows as never[])
  const side = aSlackSide({ catalog: holding })
  const world = { ...side.world, deviceSources: mongoDeviceSources(connection, noLog) }
  side.setNow(at(600))
  await world.devices.change('mdm/laptop-1', () => ({ device: aDevice(device), isChanged: true }))
  const one = { resource: { id: 'db', name: 'db' }, entitlement: { id: 'one', name: 'one' } }
  await side.writes(anActiveGrant({ ...one, unshown: false }))
  return {
    watched: () => lookAt(world, [riley.id]),
    status: async () => (await world.grants.get('g1'))?.status,
  }
}
