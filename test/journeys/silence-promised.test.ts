import { hearReports } from '../../src/operations/devices/hear.ts'
import { foreseeOutages } from '../../src/operations/by-itself/outage.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf, patient } from './acts.ts'

/** A source of devices is silent, and what was promised of that. */

const isHeld = ({ gate }: DeviceDay, names: string) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    30_000,
  )

const until = (atMs: number, withinMs = 60_000) =>
  eventually(
    async () => performance.now(),
    (now) => now > atMs,
    withinMs,
  )

async function lossesOf({ stage }: DeviceDay) {
  const { world } = stage.app
  await foreseeOutages(world)
  return (await world.deviceSources.all()).flatMap(({ losses }) => [...losses])
}

test('with outage: hold nobody loses anything by the silence of a source, though one of its values is older than its device', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 24s\n  outage: hold\n' })
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('mdm')
  if (source === undefined) throw new Error('no such source')
  const at = world.clock.now()
  const heardAtMs = performance.now()
  await hearReports(world, source, [
    {
      sourceId: 'laptop-1',
      name: 'riley-laptop',
      owner: { email: 'riley@contractor.example', isProven: true },
      at,
      attributes: {
        os: { value: 'macos' },
        osVersion: { value: '15.1' },
        diskEncrypted: { value: true },
        managed: { value: true },
        // As an agent looks at this less often than it says that it is there.
        firewall: { value: true, at: new Date(at.getTime() - 5_000) },
      },
    },
  ])
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 22_500)
  const grant = await onlyGrantOf(day.stage, day.stage.riley)
  expect(grant).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 90_000)

test('with outage: hold nobody loses anything by the silence of two sources, where every device is asked for', async () => {
  const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({ asks: false, more, rule: '      maxAge: 22s\n  outage: hold\n' })
  const heardAtMs = performance.now()
  await day.says()
  await day.says({ source: 'fleet', id: 'f-1', name: 'riley-desktop', serial: 'C02OTHER' })
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 25_000)
  expect(await onlyGrantOf(day.stage, day.stage.riley)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 90_000)

test('who is about to lose what is kept true until the source is heard of again, also in the grace that silence begins', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 5s\n  outage: hold\n',
  })
  const { riley, kim, orders } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
    30_000,
  )
  // Nothing was heard of the source meanwhile, and it is held still.
  expect(await lossesOf(day)).toHaveLength(1)
  await kim.sees(/Nobody loses it before mdm is heard of/, orders, patient)
}, 90_000)

test('when the first loses it is said with the grace that they have', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 22s\n      grace: 2m\n' })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 12_000)
  const [loss] = await lossesOf(day)
  const seen = (await day.stage.app.world.devices.get('mdm/laptop-1'))?.lastSeenAt.getTime() ?? 0
  // Not before that is anything taken: 22 s of silence, and two minutes to mend it.
  expect(loss?.at.getTime()).toBeGreaterThanOrEqual(seen + 142_000)
}, 90_000)

test('of a silent source it is not said that people lose what they hold on a device of another', async () => {
  const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({
    asks: false,
    more,
    rule: '      maxAge: 22s\n',
    principal: 'device.attributes["netmaker_client"]',
  })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says({ attributes: { netmaker_client: 'riley-mac' } })
  const desktop = { source: 'fleet', id: 'f-1', name: 'riley-desktop', serial: 'C02OTHER' } as const
  await day.says({ ...desktop, attributes: { netmaker_client: 'riley-pc' } })
  await riley.runs(`/request-access gate open INC-77: a customer waits`)
  await riley.modal('On which device?', patient)
  await riley.chooses('On which device?', 'riley-desktop')
  await riley.submits()
  await isHeld(day, 'riley-pc')
  await until(heardAtMs + 9_000)
  await day.says({ ...desktop, attributes: { netmaker_client: 'riley-pc' } })
  await until(heardAtMs + 12_500)
  expect(await lossesOf(day)).toEqual([])
}, 90_000)

test('heard of again, nobody is said to be about to lose anything', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 24s\n' })
  const { riley, kim, orders, workspace } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 13_000)
  expect(await lossesOf(day)).toHaveLength(1)
  await kim.sees(/It is taken then, unless mdm is heard of/, orders, patient)
  await day.says()
  expect(await lossesOf(day)).toEqual([])
  await kim.sees(/mdm was silent for a while/, orders, patient)
  expect(
    workspace.messages(orders).filter(({ text }) => /is silent: people are about to lose/.test(text)),
  ).toEqual([])
}, 90_000)

test('with outage: hold nobody loses anything by the silence of a source, though the device was not seen lately by then', async () => {
  const rule = '      maxAge: 90s\n      seenWithin: 1m\n  outage: hold\n'
  const day = await aDeviceDay({ asks: false, rule })
  const heardAtMs = performance.now()
  await day.says()
  await asks(day.stage.riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 64_000, 90_000)
  expect(await onlyGrantOf(day.stage, day.stage.riley)).toMatchObject({ status: 'active' })
}, 120_000)
