import { answerDevice, deviceTerms } from '../../../src/operations/devices/answer-device.ts'
import { read } from '../../catalog/reading.ts'
import { ada } from '../../support/builders.ts'
import { standard } from '../../support/device-sources.ts'
import { aDevice } from '../../support/known-devices.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

test('"It is the same machine" joins a device to the one that the card showed, and to no other that came since', async () => {
  const { world } = aSlackSide({
    catalog: read(`${catalogWith()}devices:\n  admins: [ada@acme.example]\n  sources:\n    ${standard}`),
  })
  const put = (about: Parameters<typeof aDevice>[0]) => {
    const device = aDevice({ serial: 'C02FAKE', ...about })
    return world.devices.change(device.id, () => ({ device, isChanged: true }))
  }
  const old = await put({ id: 'mdm/old' })
  const asked = await put({ id: 'agents/d-1', source: 'agents', approval: 'pending' })
  const terms = asked === null ? '' : deviceTerms(asked, old)
  await put({ id: 'mdm/old', approval: 'revoked' })
  await put({ id: 'mdm/new' })
  const answer = await answerDevice(world, { by: ada, id: 'agents/d-1', answer: 'join', terms })
  expect(answer).toMatchObject({ refused: 'terms-changed' })
  expect(await world.devices.get('agents/d-1')).toMatchObject({ approval: 'pending', joinedTo: null })
})
