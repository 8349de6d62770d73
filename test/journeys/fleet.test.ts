import { fleetSource } from '../../src/devices/fleet/source.ts'
import { fleetSettings } from '../../src/domain/devices/source-kinds.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aHost, aPolicy, type StandinHost } from '../standin/fleet/hosts.ts'
import { startFleetStandin } from '../standin/fleet/server.ts'
import { noLog } from '../support/no-log.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aDeviceDay } from './a-device.ts'
import { asks, eventually, patient } from './acts.ts'

/** What a Fleet server says of a laptop opens the gate, and closes it. */

const entitlement = `        device: fleet-laptop\n        auto: [{ because: on duty, when: 'true' }]\n`
const rule = `      maxAge: 1h
    fleet-laptop:
      when: 'device.diskEncrypted && device.policies["Firewall on"] == "pass" && device.osVersion >= version("14.5")'
      maxAge: 4h
`

/** As Fleet has it this moment. */
function anHourOfFleet(otherwise: Partial<StandinHost> = {}): StandinHost {
  const nowIso = new Date().toISOString()
  return aHost(1, {
    detail_updated_at: nowIso,
    policy_updated_at: nowIso,
    seen_time: nowIso,
    device_mapping: [{ email: 'riley@contractor.example', source: 'mdm_idp_accounts' }],
    ...otherwise,
  })
}

test('whom the identity provider named has the gate by their laptop, until Fleet says that a policy fails', async () => {
  const fleet = await startFleetStandin([anHourOfFleet()])
  afterThis(() => fleet.stop())
  const day = await aDeviceDay({
    rule,
    entitlement,
    asks: false,
    more: `    fleet: { kind: fleet, url: "${fleet.url}", token: "${fleet.token}" }\n`,
  })
  const { riley, app } = day.stage
  const declared = app.world.catalog().devices.sources.get('fleet')
  if (declared === undefined) throw new Error('the catalog has no such source')
  const source = fleetSource({
    id: declared.id,
    settings: fleetSettings.parse(declared.settings),
    sink: (reports) => hearReports(app.world, declared, reports),
    log: noLog,
    surroundings: { timeoutMs: 5_000, proxies: null, now: () => new Date() },
  })
  afterThis(() => source.stop())
  const isHeldBy = (names: string) =>
    eventually(
      async () => [...day.gate.holders].join(),
      (now) => now === names,
      patient.withinMs,
    )

  expect(await source.lookNow()).toMatchObject({ error: null })
  await asks(riley, 'gate open')
  await isHeldBy('riley')

  fleet.hosts.set(1, anHourOfFleet({ policies: [aPolicy('Firewall on', 'fail', 'Turn the firewall on.')] }))
  await source.lookAt('1')
  await isHeldBy('')
  await riley.sees(/ended .*Turn the firewall on/s, 'dm', patient)
})

test('the app itself asks Fleet, and looks at once at the hosts that its webhook names; whoever does not know the secret has nothing looked at', async () => {
  const fleet = await startFleetStandin([anHourOfFleet()])
  afterThis(() => fleet.stop())
  const webhookSecret = 'nobody-guesses-this-1'
  const day = await aDeviceDay({
    rule,
    entitlement,
    asks: false,
    isServed: true,
    more: `    fleet: { kind: fleet, url: "${fleet.url}", token: "${fleet.token}", webhookSecret: "${webhookSecret}" }\n`,
  })
  const { world, port } = day.stage.app
  const laptop = () => world.devices.get('fleet/1')
  await eventually(laptop, (device) => device?.policies['Firewall on']?.result === 'pass', 45_000)
  // A look is over when it has met a page without hosts.
  await eventually(
    async () => fleet.calls.at(-1),
    (url) => url?.includes('page=1&') ?? false,
  )
  const asked = fleet.calls.length
  fleet.hosts.set(1, anHourOfFleet({ policies: [aPolicy('Firewall on', 'fail')] }))
  const nudge = (secret: string) =>
    fetch(`http://127.0.0.1:${port}/devices/fleet/${secret}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ timestamp: new Date().toISOString(), policy: {}, hosts: [{ id: 1 }] }),
    })
  expect((await nudge('somebody-guesses-1')).status).toBe(401)
  expect((await nudge(webhookSecret)).status).toBe(200)
  await eventually(laptop, (device) => device?.policies['Firewall on']?.result === 'fail')
  expect(fleet.calls.slice(asked)).toEqual([expect.stringMatching(/hosts\/1(?:\?|$)/)])
}, 90_000)
