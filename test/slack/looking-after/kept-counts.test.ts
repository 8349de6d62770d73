import { answerDevice, deviceTerms } from '../../../src/operations/devices/answer-device.ts'
import { isUsable } from '../../../src/domain/devices/device.ts'
import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import { unposted } from '../../../src/domain/ports/surfaces.ts'
import { read } from '../../catalog/reading.ts'
import { ada, riley } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('of a device that stays as it was, and counts without an admin’s yes, the card does not say that it does not count', async () => {
  const { parts, world } = aSlackSide({
    catalog: read(
      `${catalogWith()}devices:\n  approval: none\n  channel: C0123DEVICES\n  admins: [ada@acme.example]\n  sources:\n    ${standard}`,
    ),
  })
  const asked = aDevice({
    source: 'laptops',
    approval: 'pending',
    owner: riley,
    isInQuestion: true,
    claimed: 'kim@acme.example',
  })
  await world.devices.change(asked.id, () => ({ device: asked, isChanged: true }))
  const [card] = await pictureDevices(parts)
  if (card === undefined) throw new Error('nobody is asked')
  const { leasedBy } = await parts.surfaces.lease(card, 1_000)
  const stands = { ...unposted, channel: 'C0123DEVICES', ts: '1.1', shows: 'it', needsLook: true }
  await parts.surfaces.save(card, stands, leasedBy)
  const kept = await answerDevice(world, {
    by: ada,
    id: asked.id,
    answer: 'keep',
    terms: deviceTerms(asked),
  })
  expect('refused' in kept ? false : isUsable(kept, world.catalog().devices)).toBe(true)
  const over = (await pictureDevices(parts)).find(({ key }) => key === card.key)
  expect(JSON.stringify(await over?.draw())).toContain('stays')
  expect(JSON.stringify(await over?.draw())).not.toContain('does not count')
})
