import type { Catalog } from '../../../src/domain/catalog.ts'
import type { Device } from '../../../src/domain/devices/device.ts'
import type { FitRule } from '../../../src/domain/devices/rules.ts'
import { mongoDeviceSources } from '../../../src/mongo/device-sources.ts'
import { lookAt, watchDevices } from '../../../src/operations/by-itself/device-watch.ts'
import { silentAfterMs } from '../../../src/operations/silent-sources.ts'
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

const holdingBy = (rule: FitRule): Catalog => {
  const resource = simulated.resources.get('db')
  const entitlement = resource?.entitlements.get('one')
  if (!resource || !entitlement) throw new Error('the catalog has no such entitlement')
  const entitlements = new Map([['one', { ...entitlement, device: rule }]])
  const sources = new Map([
    ['mdm', {}],
    ['fleet', {}],
  ]) as unknown as Catalog['devices']['sources']
  return {
    ...simulated,
    devices: { ...simulated.devices, sources, outage: 'hold' },
    resources: new Map([['db', { ...resource, entitlements }]]),
  }
}
const holding = holdingBy(aRule())
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000)

const halfAYear = 180 * 86_400
const putAway = (said: { firewall: boolean }) =>
  aDevice({
    id: 'mdm/put-away',
    sourceId: 'put-away',
    name: 'put-away',
    firstSeenAt: at(-2 * halfAYear),
    lastSeenAt: at(-halfAYear),
    said: saidAt(-halfAYear, said),
  })

const asHeardOf: [string, Record<string, unknown>][] = [
  ['was never silent', { heardAt: at(599) }],
  ['was silent for a while', { heardAt: at(599), gap: { from: at(30), until: at(590) } }],
  ['was silent for a time that only another version can read', { heardAt: at(599), gap: [at(30), at(590)] }],
  ['was heard of at an instant that only another version can read', { heardAt: { at: at(599) } }],
]

type Row = { readonly _id: string } & Record<string, unknown>

async function aHolder(rows: readonly Row[], devices: readonly Device[], now: Date, catalog = holding) {
  const { connection } = database
  const stored = connection.collection('device_sources')
  await stored.deleteMany({})
  await stored.insertMany(rows as never[])
  const side = aSlackSide({ catalog })
  const world = { ...side.world, deviceSources: mongoDeviceSources(connection, noLog) }
  side.setNow(now)
  for (const device of devices) await world.devices.change(device.id, () => ({ device, isChanged: true }))
  const one = { resource: { id: 'db', name: 'db' }, entitlement: { id: 'one', name: 'one' } }
  const endsAt = new Date(now.getTime() + 3_600_000)
  await side.writes({ ...anActiveGrant({ ...one, unshown: false }), endsAt })
  return {
    world,
    watched: () => lookAt(world, [riley.id]),
    status: async () => (await world.grants.get('g1'))?.status,
  }
}

test.each<[string, Record<string, unknown>]>([
  ['that this version can read', { heardAt: ago(3_600) }],
  ['that only another version can read', { heardAt: { at: ago(3_600) } }],
])(
  'with outage: hold nobody loses what they hold as their silent source is heard of again, since an instant %s',
  async (_what, row) => {
    const { world, watched, status } = await aHolder(
      [{ _id: 'mdm', ...row }],
      [aDevice({ lastSeenAt: ago(3_630), said: { firewall: { value: true, at: ago(3_630) } } })],
      new Date(),
    )
    await watched()
    expect(await status()).toBe('active')
    // One other machine of that source reports.
    await world.deviceSources.heard('mdm', silentAfterMs(holding))
    await watched()
    expect(await status()).toBe('active')
  },
)

test.each<[string, Row]>([
  ['is silent', { _id: 'mdm', heardAt: at(30) }],
  ['is silent since an instant that only another version can read', { _id: 'mdm', heardAt: { at: at(30) } }],
  ['was silent for a time that only another version can read', { _id: 'mdm', heardAt: at(599), gap: [1, 2] }],
  [
    'was silent, and is heard of again',
    { _id: 'mdm', heardAt: at(599), gap: { from: at(30), until: at(590) } },
  ],
  ['is heard of', { _id: 'mdm', heardAt: at(599) }],
])(
  'with outage: hold what ends as a source says so of a machine ends, though another source of it %s that said otherwise before',
  async (_what, row) => {
    const { watched, status } = await aHolder(
      [row, { _id: 'fleet', heardAt: at(599) }],
      [
        aDevice({ said: saidAt(0, { firewall: true }) }),
        aDevice({
          id: 'fleet/f1',
          source: 'fleet',
          sourceId: 'f1',
          joinedTo: 'mdm/laptop-1',
          lastSeenAt: at(560),
          said: saidAt(560, { firewall: false }),
        }),
      ],
      at(600),
    )
    await watched()
    expect(await status()).toBe('revoking')
  },
)

test.each<[string, Row]>([
  ['is silent', { _id: 'mdm', heardAt: at(590) }],
  ['is silent since an instant that only another version can read', { _id: 'mdm', heardAt: { at: at(590) } }],
  ['was silent for a time that only another version can read', { _id: 'mdm', heardAt: at(599), gap: [1, 2] }],
])(
  'with outage: hold what a source says last of a machine of which it tells twice counts, though it %s',
  async (_what, row) => {
    const { watched, status } = await aHolder(
      [row],
      [
        aDevice({ said: saidAt(0, { firewall: true }) }),
        aDevice({
          id: 'mdm/laptop-1b',
          sourceId: 'laptop-1b',
          joinedTo: 'mdm/laptop-1',
          lastSeenAt: at(580),
          said: saidAt(580, { firewall: false }),
        }),
      ],
      at(600),
    )
    await watched()
    expect(await status()).toBe('revoking')
  },
)

test.each<[string, Record<string, unknown>]>([
  ['that this version can read', { heardAt: at(30) }],
  [
    'ten seconds after it had been silent before',
    { heardAt: at(600), gap: { from: at(30), until: at(590) } },
  ],
  [
    'ten seconds after it had been silent for a time that only another version can read',
    { heardAt: at(600), gap: [1, 2] },
  ],
])(
  'with outage: hold admins are told of a source that is silent for a month, since an instant %s, and can let it be taken',
  async (_what, row) => {
    const now = at(30 * 86_400)
    const { world, watched, status } = await aHolder(
      [{ _id: 'mdm', ...row }],
      [aDevice({ said: saidAt(0, { firewall: true }) })],
      now,
    )
    await watched()
    expect(await status()).toBe('active')
    const watch = watchDevices(world, { changed: () => undefined })
    await watch.minute()
    await watch.stop()
    // What the card is drawn of (`pictureOutages`), and what its button says.
    const silent = (await world.deviceSources.all()).filter(({ losses }) => (losses?.length ?? 0) > 0)
    for (const { source, heardAt } of silent) await world.deviceSources.takeAnyway(source, heardAt)
    await watched()
    expect(await status()).toBe('revoking')
  },
)

test('with outage: hold a laptop that nobody heard of for thirty days is not fit, though a gap of a month ago of its source, which reports all the time, can be read by another version alone', async () => {
  const month = 30 * 86_400
  const { watched, status } = await aHolder(
    [{ _id: 'mdm', heardAt: at(month - 1), gap: [at(-20), at(-10)] }],
    [aDevice({ said: saidAt(0, { firewall: true }) })],
    at(month),
  )
  await watched()
  expect(await status()).toBe('revoking')
})

test.each(asHeardOf)(
  'with outage: hold nobody loses what they hold on a fit laptop by one that they put away half a year ago, as its source %s',
  async (_what, row) => {
    const { watched, status } = await aHolder(
      [{ _id: 'mdm', ...row }],
      [aDevice({ lastSeenAt: at(590), said: saidAt(590, { firewall: true }) }), putAway({ firewall: false })],
      at(600),
    )
    await watched()
    expect(await status()).toBe('active')
  },
)

test.each(asHeardOf)(
  'with outage: hold what is held on any laptop ends as the one that is used is not fit any more, though one that was put away half a year ago was, where its source %s',
  async (_what, row) => {
    const { watched, status } = await aHolder(
      [{ _id: 'mdm', ...row }],
      [aDevice({ lastSeenAt: at(598), said: saidAt(598, { firewall: false }) }), putAway({ firewall: true })],
      at(600),
      holdingBy(aRule({ which: 'any' })),
    )
    await watched()
    expect(await status()).toBe('revoking')
  },
)
