import { foreseeing } from '../../src/operations/by-itself/outage.ts'
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
  await foreseeing(world)()
  return (await world.deviceSources.all()).flatMap(({ losses }) => losses ?? [])
}

test('who is about to lose what is kept true until the source is heard of again, though they would have lost it by now', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 5s\n  outage: hold\n',
  })
  const { riley, kim, orders } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(performance.now() + 30_000)
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  // Nothing was heard of the source meanwhile, and it is held still.
  expect(await lossesOf(day)).toHaveLength(1)
  await kim.sees(/Nobody loses it before mdm is heard of/, orders, patient)
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
