import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import { unposted } from '../../../src/domain/ports/surfaces.ts'
import { read } from '../../catalog/reading.ts'
import { riley } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

const catalogIn = (channel: string) =>
  read(`${catalogWith()}devices:\n  channel: ${channel}\n  sources:\n    ${standard}`)

test('where the catalog asks in another channel now, the card of before does not say that the device changed', async () => {
  const { parts, world } = aSlackSide({ catalog: catalogIn('C0123DEVICES') })
  const asked = aDevice({ approval: 'pending', owner: riley })
  await world.devices.change(asked.id, () => ({ device: asked, isChanged: true }))
  const [card] = await pictureDevices(parts)
  if (card === undefined) throw new Error('nobody is asked')
  const { leasedBy } = await parts.surfaces.lease(card, 1_000)
  const stands = { ...unposted, channel: 'C0123DEVICES', ts: '1.1', shows: 'it', needsLook: true }
  await parts.surfaces.save(card, stands, leasedBy)
  const moved = { ...parts, world: { ...world, catalog: () => catalogIn('C0456LAPTOPS') } }
  const over = (await pictureDevices(moved)).find(({ key }) => key === card.key)
  expect(JSON.stringify(await over?.draw())).not.toContain('changed since this was asked')
})
