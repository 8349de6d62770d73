import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import type { DeviceAnswer } from '../../src/domain/devices/device.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { as, eventually, patient } from './acts.ts'

/** What an admin does about somebody's devices whom they look up. */

async function says({ stage }: DeviceDay, id: string, answer: DeviceAnswer) {
  const { world } = stage.app
  const device = await world.devices.get(id)
  if (device === null) throw new Error('no such device')
  const same = answer === 'join' ? await sameMachine(world, device) : null
  return answerDevice(world, { by: as(stage, stage.kim), id, answer, terms: deviceTerms(device, same) })
}

async function looksUpRiley({ stage: { kim, riley } }: DeviceDay): Promise<void> {
  await kim.opensHome()
  await kim.seesHome('Look somebody up', patient)
  await kim.clicks('Look somebody up…', 'home')
  await kim.modal('Whom?', patient)
  await kim.chooses('Whom?', riley.id)
  await kim.submits()
  await kim.modal(/riley-laptop/s, patient)
}

test('an admin who looks Riley up and approves their device all the same does not give it to whom its source names now', async () => {
  const day = await aDeviceDay()
  const { kim, app } = day.stage
  await day.says()
  expect(await says(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says({ owner: { email: 'sam@acme.example', isProven: false } })
  await looksUpRiley(day)
  await kim.clicks('Approve all the same', 'modal').catch(() => undefined)
  const end = performance.now() + 3_000
  await eventually(
    async () => performance.now(),
    (now) => now > end,
  )
  expect(await app.world.devices.get('mdm/laptop-1')).toMatchObject({
    owner: { email: 'riley@contractor.example' },
  })
}, 60_000)

test('an admin takes back the no to a machine of which two sources tell, where they look its owner up', async () => {
  const day = await aDeviceDay({
    more: '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n',
  })
  const { kim, app } = day.stage
  await day.says()
  expect(await says(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says({ source: 'fleet', id: 'f-1', name: 'C02FAKE' })
  await app.world.devices.change('fleet/f-1', (known) =>
    known === null ? null : { device: { ...known, uuid: 'A1B2-C3D4' }, isChanged: true },
  )
  expect(await says(day, 'fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  expect(await says(day, 'mdm/laptop-1', 'revoke')).toMatchObject({ approval: 'revoked' })
  await looksUpRiley(day)
  await kim.clicks('Approve all the same', 'modal')
  await eventually(
    () => app.world.devices.get('mdm/laptop-1'),
    (device) => device?.approval === 'approved',
    8_000,
  )
}, 60_000)
