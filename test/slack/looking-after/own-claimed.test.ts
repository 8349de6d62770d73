import { pictureDevices } from '../../../src/slack/looking-after/devices.ts'
import { read } from '../../catalog/reading.ts'
import { ada } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('no admin is asked by DM about a device that its source says is their own, which only another decides on', async () => {
  const byDm = `${catalogWith()}devices:\n  admins: [ada@acme.example, sam@acme.example]\n  sources:\n    ${standard}`
  const { parts, world } = aSlackSide({ catalog: read(byDm) })
  await world.devices.change('mdm/adas', () => ({
    device: aDevice({ id: 'mdm/adas', approval: 'pending', owner: null, claimed: ada.email, claimant: ada }),
    isChanged: true,
  }))
  const asked = await pictureDevices(parts)
  expect(asked.map(({ to }) => to)).not.toContainEqual({ channel: ada.slack.userId })
})
