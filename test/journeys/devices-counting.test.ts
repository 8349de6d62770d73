import { answerDevice, deviceTerms, sameMachine } from '../../src/operations/devices/answer-device.ts'
import { devices } from '../../src/who/devices.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, changeCatalog, eventually, patient } from './acts.ts'

test('where no admin need say that a device counts, `curfew devices` does not say of one that counts that it is pending', async () => {
  const day = await aDeviceDay()
  await changeCatalog(day.stage, (text) => text.replace('devices:\n', 'devices:\n  approval: none\n'))
  await day.says({ owner: { email: 'riley@contractor.example', isProven: true } })
  await asks(day.stage.riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
    patient.withinMs,
  )
  const { text } = await devices(['riley-laptop'], { ...day.stage.environment })
  expect(text).toMatch(/managed-laptop: yes/)
  expect(text).not.toMatch(/pending/)
}, 60_000)

test('`curfew devices` does not say of a machine of two sources that it counts while it is in question whose it is', async () => {
  const day = await aDeviceDay({
    more: '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n',
  })
  const { world } = day.stage.app
  const says = async (id: string, answer: 'approve' | 'join') => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    const by = as(day.stage, day.stage.kim)
    return answerDevice(world, { by, id, answer, terms: deviceTerms(device, same) })
  }
  const twin = { source: 'fleet', id: 'f-1', name: 'twin' } as const
  await day.says()
  expect(await says('mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says(twin)
  expect(await says('fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: true } })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'errors' })
  const { text } = await devices(['mdm/laptop-1'], { ...day.stage.environment })
  expect(text).toMatch(/riley-laptop.*in question/)
}, 60_000)
