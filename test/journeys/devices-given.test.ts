import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import type { DeviceAnswer } from '../../src/domain/devices/device.ts'
import { aDeviceDay, type DeviceDay } from './a-device.ts'
import { as, asks, eventually, patient } from './acts.ts'

/** A machine of which two sources tell, and whose it is by one of them. */

const twin = { source: 'fleet', id: 'f-1', name: 'rileys-twin' } as const

async function says({ stage }: DeviceDay, id: string, answer: DeviceAnswer) {
  const { world } = stage.app
  const device = await world.devices.get(id)
  if (device === null) throw new Error('no such device')
  const same = answer === 'join' ? await sameMachine(world, device) : null
  return answerDevice(world, { by: as(stage, stage.kim), id, answer, terms: deviceTerms(device, same) })
}

async function aDayOfTwins(): Promise<DeviceDay> {
  const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
  const day = await aDeviceDay({ more })
  day.stage.contractors.members = [day.stage.riley, day.stage.sam]
  await day.says()
  expect(await says(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says(twin)
  expect(await says(day, 'fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  return day
}

test('a machine of two sources is somebody else’s as a whole, whichever source names them and has an admin asked', async () => {
  const day = await aDayOfTwins()
  const { riley, sam } = day.stage
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: true } })
  expect(await says(day, 'fleet/f-1', 'approve')).toMatchObject({ owner: { email: 'sam@acme.example' } })
  // Riley has it no more; Sam, who was told by nobody to wait for anything, has it.
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'errors' })
  await asks(sam, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'sam',
    patient.withinMs,
  )
}, 60_000)

test('a machine of two sources that an admin says is nobody’s, as one of them was asked about, lets nobody in', async () => {
  const day = await aDayOfTwins()
  const { riley } = day.stage
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: true } })
  expect(await says(day, 'fleet/f-1', 'reject')).toMatchObject({ approval: 'rejected' })
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'errors' })
}, 60_000)
