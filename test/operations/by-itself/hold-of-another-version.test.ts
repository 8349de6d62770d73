import type { Catalog } from '../../../src/domain/catalog.ts'
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
    const { connection } = database
    const stored = connection.collection('device_sources')
    await stored.deleteMany({})
    await stored.insertOne({ _id: 'mdm' as never, ...row })
    const side = aSlackSide({ catalog: holding })
    const world = { ...side.world, deviceSources: mongoDeviceSources(connection, noLog) }
    side.setNow(at(600))
    await world.devices.change('mdm/laptop-1', () => ({
      device: aDevice({ said: saidAt(0, { firewall: true }) }),
      isChanged: true,
    }))
    const one = { resource: { id: 'db', name: 'db' }, entitlement: { id: 'one', name: 'one' } }
    await side.writes(anActiveGrant({ ...one, unshown: false }))
    // It may well not be found out now.
    await lookAt(world, [riley.id]).catch(() => undefined)
    expect((await world.grants.get('g1'))?.status).toBe('active')
  },
)
