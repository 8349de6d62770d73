import { answerDevice, deviceTerms } from '../../../src/operations/devices/answer-device.ts'
import { answeredMessage } from '../../../src/slack/looking-after/devices.ts'
import { read } from '../../catalog/reading.ts'
import { ada, at, sam } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('who said that it stays as it was is not said to have revoked, or approved, what another did', async () => {
  const { world } = aSlackSide({
    catalog: read(`${catalogWith()}devices:\n  admins: [ada@acme.example]\n  sources:\n    ${standard}`),
  })
  const asked = aDevice({
    approval: 'revoked',
    decided: { by: sam, at: at(0), because: null, answer: 'revoke' },
    isInQuestion: true,
    claimed: 'kim@acme.example',
  })
  await world.devices.change(asked.id, () => ({ device: asked, isChanged: true }))
  await answerDevice(world, { by: ada, id: asked.id, answer: 'keep', terms: deviceTerms(asked) })
  const { text } = answeredMessage(await world.devices.get(asked.id))
  expect(text).not.toMatch(/Ada.* revoked/)
})
