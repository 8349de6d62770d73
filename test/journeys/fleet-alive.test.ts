import { fleetSources } from '../../src/fleet-sources.ts'
import { aHost, aPolicy, type StandinHost } from '../standin/fleet/hosts.ts'
import { startFleetStandin, type FleetStandin } from '../standin/fleet/server.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { eventually } from './acts.ts'

/** Whether a Fleet server is heard of, by which it is said who loses what, and held what waits for an admin. */

const hostAt = (at: Date, otherwise: Partial<StandinHost> = {}): StandinHost => {
  const iso = at.toISOString()
  return aHost(1, {
    detail_updated_at: iso,
    policy_updated_at: iso,
    seen_time: iso,
    device_mapping: [{ email: 'riley@contractor.example', source: 'mdm_idp_accounts' }],
    policies: [aPolicy('Firewall on', 'pass')],
    ...otherwise,
  })
}

const webhookSecret = 'nobody-guesses-this-1'

async function aFleetDay(fleet: FleetStandin): Promise<DeviceDay> {
  afterThis(() => fleet.stop())
  return aDeviceDay({
    rule: '      maxAge: 1h\n  outage: hold\n',
    asks: false,
    more: `    other: { kind: fleet, url: "${fleet.url}", token: "${fleet.token}", webhookSecret: "${webhookSecret}", every: 1d }\n`,
  })
}

const heardAt = async ({ stage }: DeviceDay): Promise<Date | undefined> =>
  (await stage.app.world.deviceSources.all()).find(({ source }) => source === 'other')?.heardAt

/** The next look is due. */
async function nextLook({ stage }: DeviceDay, sources: ReturnType<typeof fleetSources>): Promise<void> {
  await stage.app.world.deviceSources.lookedInVain('other')
  await sources.look()
}

test('a Fleet server that wants to be left alone since a webhook had a host looked at is not taken for one that was heard of', async () => {
  const fleet = await startFleetStandin([hostAt(new Date())])
  const day = await aFleetDay(fleet)
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('other')
  if (source === undefined) throw new Error('no such source')
  const sources = fleetSources(world, { proxies: null })
  afterThis(() => sources.stop())
  await nextLook(day, sources)
  const asked = fleet.calls.length
  fleet.always = { status: 429, headers: { 'retry-after': '3600' }, body: { message: 'later' } }
  await sources.nudge({ source, secret: webhookSecret, body: { hosts: [{ id: 1 }] } })
  await eventually(
    async () => fleet.calls.length,
    (calls) => calls > asked,
  )
  // Heard of once in five seconds is noted once, and a look of the app's own may be under way until then.
  const end = performance.now() + 6_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    10_000,
  )
  const before = await heardAt(day)
  const calls = fleet.calls.length
  await nextLook(day, sources)
  expect(fleet.calls).toHaveLength(calls)
  expect(await heardAt(day)).toEqual(before)
}, 60_000)

test('a Fleet server of which everything is refused, as its clock is ahead, is silent: what it says is not known', async () => {
  const fleet = await startFleetStandin([hostAt(new Date())])
  const day = await aFleetDay(fleet)
  const sources = fleetSources(day.stage.app.world, { proxies: null })
  afterThis(() => sources.stop())
  await nextLook(day, sources)
  expect(await day.stage.app.world.devices.get('other/1')).toMatchObject({ source: 'other' })
  fleet.hosts.set(1, hostAt(new Date(Date.now() + 20 * 60_000)))
  const end = performance.now() + 6_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    10_000,
  )
  const before = await heardAt(day)
  await nextLook(day, sources)
  expect(await heardAt(day)).toEqual(before)
}, 60_000)

test('a look at a Fleet server that ended in its middle, as the replica was stopped, is done by another at once, and nobody was heard of', async () => {
  const fleet = await startFleetStandin([hostAt(new Date())])
  const day = await aFleetDay(fleet)
  const { deviceSources } = day.stage.app.world
  const sources = fleetSources(day.stage.app.world, { proxies: null })
  await nextLook(day, sources)
  const end = performance.now() + 6_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    10_000,
  )
  const before = await heardAt(day)
  fleet.slowMs = 5_000
  const asked = fleet.calls.length
  const looking = nextLook(day, sources)
  await eventually(
    async () => fleet.calls.length,
    (calls) => calls > asked,
  )
  await sources.stop()
  await looking
  expect(await heardAt(day)).toEqual(before)
  expect(await deviceSources.mayLook('other', 24 * 3_600_000)).toBe(true)
}, 60_000)
