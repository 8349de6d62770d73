import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf } from './acts.ts'

/** A source of devices is silent, and is heard of again in part. */

const isHeld = ({ gate }: DeviceDay, names: string, withinMs = 30_000) =>
  eventually(
    async () => [...gate.holders].join(),
    (now) => now === names,
    withinMs,
  )

const until = (atMs: number) =>
  eventually(
    async () => performance.now(),
    (now) => now > atMs,
    120_000,
  )

const rileysGrant = ({ stage }: DeviceDay) => onlyGrantOf(stage, stage.riley)

test('what was held through an outage has its time to be mended, once the source says what is wrong', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 10s\n  outage: hold\n',
  })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 36_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  await day.says({ attributes: { firewall: false } })
  const told = await eventually(
    () => rileysGrant(day),
    (grant) => grant.status !== 'active' || /firewall/.test(grant.posture?.unfit?.why ?? ''),
  )
  expect(told).toMatchObject({ status: 'active' })
  await riley.sees(/[Tt]urn on the firewall/, 'dm', { withinMs: 5_000 })
  await day.says()
  await until(performance.now() + 3_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
}, 90_000)

test('with outage: hold one laptop of a thousand that is heard of again does not cut those that had no time to report yet', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 22s\n  outage: hold\n' })
  const { riley } = day.stage
  const heardAtMs = performance.now()
  await day.says()
  await asks(riley, 'gate open')
  await isHeld(day, 'riley')
  await until(heardAtMs + 24_000)
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  const sams = { email: 'sam@acme.example', isProven: true }
  const againAtMs = performance.now()
  // Less than `maxAge` after it is heard of again: Riley's laptop reports in time.
  for (const afterMs of [0, 6_000, 12_000, 18_000]) {
    await until(againAtMs + afterMs)
    await day.says({ id: 'sams', name: 'sam-mac', serial: 'C02SAM', owner: sams })
  }
  expect(await rileysGrant(day)).toMatchObject({ status: 'active' })
  expect([...day.gate.holders]).toEqual(['riley'])
}, 90_000)
