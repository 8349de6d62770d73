import { deviceTerms, answerDevice } from '../../src/operations/devices/answer-device.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually } from './acts.ts'

test('a device that its source says is somebody else’s, and an admin said is nobody’s, does not count for whom it was by "Approve all the same"', async () => {
  const day = await aDeviceDay({ asks: false })
  const { riley, kim } = day.stage
  const { world } = day.stage.app
  const by = as(day.stage, kim)
  const says = async (answer: 'approve' | 'reject') => {
    const device = await world.devices.get('mdm/laptop-1')
    if (device === null) throw new Error('no such device')
    return answerDevice(world, { by, id: device.id, answer, terms: deviceTerms(device) })
  }
  await day.says()
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
  )
  const sams = { owner: { email: 'sam@acme.example', isProven: true } }
  await day.says(sams)
  expect(await says('reject')).toMatchObject({ approval: 'rejected' })
  await says('approve')
  // Its source says so still, whenever it is asked.
  await day.says(sams)
  expect(await asks(riley, 'gate open')).toMatchObject({ outcome: 'errors' })
}, 60_000)
