import { hearReports } from '../../src/operations/devices/hear.ts'
import { deviceTerms, answerDevice, sameMachine } from '../../src/operations/devices/answer-device.ts'
import { aDeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

test('a machine of two sources that was revoked by mistake is approved all the same where its owner is looked up', async () => {
  const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({ more })
  const { kim, riley } = day.stage
  const { world } = day.stage.app
  const by = as(day.stage, kim)
  const says = async (id: string, answer: 'approve' | 'join' | 'revoke') => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    return answerDevice(world, { by, id, answer, terms: deviceTerms(device, same) })
  }
  const source = world.catalog().devices.sources.get('fleet')
  if (source === undefined) throw new Error('no such source')
  await day.says()
  await says('mdm/laptop-1', 'approve')
  // It knows more of it than the other does.
  await hearReports(world, source, [
    {
      sourceId: 'f-1',
      name: 'riley-laptop',
      serial: 'C02FAKE',
      uuid: '5f9e2c1a-0000-4000-8000-000000000001',
      owner: { email: 'riley@contractor.example', isProven: false },
      at: world.clock.now(),
    },
  ])
  expect(await says('fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  expect(await says('mdm/laptop-1', 'revoke')).toMatchObject({ approval: 'revoked' })
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', riley.id)
  await kim.submits()
  await kim.modal(/riley-laptop.*an admin revoked it/s, patient)
  await kim.clicks('Approve all the same', 'modal')
  await eventually(
    () => world.devices.get('mdm/laptop-1'),
    (device) => device?.approval === 'approved',
    8_000,
  )
}, 60_000)
