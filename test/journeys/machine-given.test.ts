import { deviceTerms, answerDevice, sameMachine } from '../../src/operations/devices/answer-device.ts'
import { aDeviceDay } from './a-device.ts'
import { as, asks, eventually, patient } from './acts.ts'

/** Two sources tell of one machine, and the second of them says that it is somebody else's now. */

const more = '    fleet: { kind: webhook, secret: "whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==" }\n'
const twin = { source: 'fleet', id: 'f-1', name: 'C02FAKE' } as const

async function aMachineInQuestion() {
  const day = await aDeviceDay({ more })
  const { riley, sam, kim, contractors } = day.stage
  contractors.members = [riley, sam]
  const { world } = day.stage.app
  const by = as(day.stage, kim)
  const says = async (id: string, answer: 'approve' | 'join' | 'keep' | 'reject') => {
    const device = await world.devices.get(id)
    if (device === null) throw new Error('no such device')
    const same = answer === 'join' ? await sameMachine(world, device) : null
    return answerDevice(world, { by, id, answer, terms: deviceTerms(device, same) })
  }
  const isHeld = (names: string) =>
    eventually(
      async () => [...day.gate.holders].sort().join(),
      (now) => now === names,
      patient.withinMs,
    )
  await day.says()
  expect(await says('mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says(twin)
  expect(await says('fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await asks(riley, 'gate open')
  await isHeld('riley')
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: true } })
  await isHeld('')
  return { day, says, isHeld }
}

test('a machine of two sources that an admin gives to somebody else, as the second of them says, is theirs as a whole, and whose it was holds nothing on it', async () => {
  const { day, says, isHeld } = await aMachineInQuestion()
  const { riley, sam } = day.stage
  expect(await says('fleet/f-1', 'approve')).toMatchObject({ owner: { email: 'sam@acme.example' } })
  const asked = await asks(riley, 'gate open')
  await asks(sam, 'gate open')
  await isHeld('sam')
  expect(asked).toMatchObject({ outcome: 'errors' })
}, 60_000)

test('a machine of two sources of which an admin says that it is nobody’s counts for nobody', async () => {
  const { day, says } = await aMachineInQuestion()
  expect(await says('fleet/f-1', 'reject')).toMatchObject({ approval: 'rejected' })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'errors' })
  expect([...day.gate.holders]).toEqual([])
}, 60_000)

test('a machine of two sources that both say is somebody else’s is theirs once an admin says so', async () => {
  const { day, says, isHeld } = await aMachineInQuestion()
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  expect(await says('mdm/laptop-1', 'approve')).toMatchObject({ owner: { email: 'sam@acme.example' } })
  expect(await asks(day.stage.sam, 'gate open')).toMatchObject({ outcome: 'cleared' })
  await isHeld('sam')
}, 60_000)

test('where an identity provider proved whose a machine is, an unproven claim of its other source changes nothing', async () => {
  const day = await aDeviceDay({ more, asks: false })
  const { riley, kim } = day.stage
  const { world } = day.stage.app
  await day.says()
  const unproven = { email: 'riley@contractor.example', isProven: false }
  await day.says({ ...twin, owner: unproven })
  const part = await world.devices.get('fleet/f-1')
  if (part === null) throw new Error('no such device')
  const same = await sameMachine(world, part)
  const by = as(day.stage, kim)
  const joined = { by, id: part.id, answer: 'join', terms: deviceTerms(part, same) } as const
  expect(await answerDevice(world, joined)).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await asks(riley, 'gate open')
  await eventually(
    async () => [...day.gate.holders].join(),
    (now) => now === 'riley',
  )
  await day.says({ ...twin, owner: { email: 'sam@acme.example', isProven: false } })
  const fromMs = performance.now()
  await eventually(
    async () => performance.now(),
    (now) => now > fromMs + 3_000,
  )
  expect([...day.gate.holders]).toEqual(['riley'])
}, 60_000)

test('a machine of two sources that both say is somebody else’s stays whose it was once an admin says so', async () => {
  const { day, says, isHeld } = await aMachineInQuestion()
  await day.says({ owner: { email: 'sam@acme.example', isProven: true } })
  expect(await says('mdm/laptop-1', 'keep')).toMatchObject({ owner: { email: 'riley@contractor.example' } })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'cleared' })
  await isHeld('riley')
}, 60_000)
