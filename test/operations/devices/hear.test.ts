import { hearReports } from '../../../src/operations/devices/hear.ts'
import { read } from '../../catalog/reading.ts'
import { at, riley } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('what says nothing new of a device that is somebody’s has nobody looked at, however often it comes', async () => {
  const { world } = aSlackSide({
    catalog: read(`${catalogWith()}devices:\n  sources:\n    ${standard}`),
  })
  const [source] = world.catalog().devices.sources.values()
  if (source === undefined) throw new Error('no such source')
  const says = (seconds: number, firewall = true) =>
    hearReports(world, source, [
      {
        sourceId: 'laptop-1',
        at: at(seconds),
        owner: { email: riley.email, isProven: true },
        attributes: { firewall: { value: firewall } },
      },
    ])
  const known = aDevice({ id: `${source.id}/laptop-1`, source: source.id, lastSeenAt: at(-10) })
  await world.devices.change(known.id, () => ({ device: known, isChanged: true }))
  let changes = 0
  world.devices.onChange(() => (changes += 1))
  await says(-3)
  expect(changes).toBe(1)
  await says(-2)
  await says(-1)
  expect(changes).toBe(1)
  await says(0, false)
  expect(changes).toBe(2)
})
