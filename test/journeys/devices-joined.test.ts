import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import type { DeviceAnswer } from '../../src/domain/devices/device.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { as } from './acts.ts'

const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'

async function says({ stage }: DeviceDay, id: string, answer: DeviceAnswer) {
  const { world } = stage.app
  const device = await world.devices.get(id)
  if (device === null) throw new Error('no such device')
  const same = answer === 'join' ? await sameMachine(world, device) : null
  return answerDevice(world, { by: as(stage, stage.kim), id, answer, terms: deviceTerms(device, same) })
}

test('a device that an admin said stays Sam’s is not offered as Riley’s machine, whatever address its source still names', async () => {
  const day = await aDeviceDay({ more })
  await day.says()
  expect(await says(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  const twin = { source: 'fleet', id: 'f-1', name: 'sams-laptop' } as const
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: true } })
  await day.says({ ...twin, owner: { email: 'riley@contractor.example', isProven: true } })
  expect(await says(day, 'fleet/f-1', 'keep')).toMatchObject({ owner: { email: 'sam@acme.example' } })
  const device = await day.stage.app.world.devices.get('fleet/f-1')
  if (device === null) throw new Error('no such device')
  expect(await sameMachine(day.stage.app.world, device)).toBeNull()
}, 60_000)
