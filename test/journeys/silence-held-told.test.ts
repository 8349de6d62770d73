import { aDeviceDay } from './a-device.ts'
import { asks, eventually, onlyGrantOf, patient } from './acts.ts'

test('with outage: hold whoever holds something is not told a time at which it ends, as nothing ends by silence alone', async () => {
  const day = await aDeviceDay({
    asks: false,
    rule: '      maxAge: 22s\n      grace: 5s\n  outage: hold\n',
  })
  const { riley } = day.stage
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  await eventually(
    () => onlyGrantOf(day.stage, riley),
    (grant) => grant.status === 'active' && grant.posture?.unfit != null,
    40_000,
  )
  const end = performance.now() + 8_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
    10_000,
  )
  expect(await onlyGrantOf(day.stage, riley)).toMatchObject({ status: 'active' })
  await expect(riley.sees(/ends .* unless this is mended/s, 'dm', { withinMs: 2_000 })).rejects.toThrow()
}, 90_000)
