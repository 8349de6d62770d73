import { watchDevices } from '../../src/operations/by-itself/device-watch.ts'
import { hearReports } from '../../src/operations/devices/hear.ts'
import { aDeviceDay } from './a-device.ts'
import { changeCatalog } from './acts.ts'

test('a device that waits and meets the rule that approves from now on is approved, however many others wait', async () => {
  const day = await aDeviceDay({ asks: false })
  const { world } = day.stage.app
  const source = world.catalog().devices.sources.get('mdm')
  if (source === undefined) throw new Error('no such source')
  const others = Array.from({ length: 500 }, (_, n) => ({
    sourceId: `other-${n}`,
    name: `other-${n}`,
    owner: { email: 'sam@acme.example', isProven: true },
    at: world.clock.now(),
    attributes: { managed: { value: false } },
  }))
  await hearReports(world, source, others)
  await day.says({ serial: 'C02NEW', attributes: { managed: false } })
  expect(await world.devices.get('mdm/laptop-1')).toMatchObject({ approval: 'pending' })
  await changeCatalog(day.stage, (text) =>
    text.replace("approve: 'device.managed'", `approve: 'device.serial == "C02NEW"'`),
  )
  // The look of each minute, and of the next ones.
  const watch = watchDevices(world, { changed: () => undefined })
  for (let minute = 0; minute < 3; minute++) await watch.minute()
  await watch.stop()
  expect(await world.devices.get('mdm/laptop-1')).toMatchObject({ approval: 'approved' })
}, 60_000)
