import { foreseeing } from '../../src/operations/by-itself/outage.ts'
import { aDeviceDay } from './a-device.ts'
import { asks, eventually, patient, wrongWith } from './acts.ts'

test('a source that is heard of again is not said to be silent once more', async () => {
  const day = await aDeviceDay({ asks: false, rule: '      maxAge: 24s\n' })
  const { riley, kim, orders, app, workspace } = day.stage
  const { world } = app
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  await eventually(
    async () => {
      await foreseeing(world)()
      return (await world.deviceSources.all()).some(({ losses }) => (losses ?? []).length > 0)
    },
    (is) => is,
    patient.withinMs,
  )
  await kim.sees(/mdm.*was not heard of since/s, orders, patient)
  await day.says()
  // Before the next look of the minute.
  await kim.sees(/mdm was silent for a while/, orders, patient)
  await expect(kim.sees(/mdm.*was not heard of since/s, orders, { withinMs: 5_000 })).rejects.toThrow()
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
