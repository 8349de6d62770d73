import { sameMachine } from '../../src/operations/devices/answer-device.ts'
import { devices } from '../../src/who/devices.ts'
import { aDeviceDay } from './a-device.ts'
import { asks } from './acts.ts'
import { alsoFleet, areIn, kimSays, passes } from './devices-at-hand.ts'

/** Two sources tell of one machine, as an admin says. */

const twin = { source: 'fleet', id: 'f-1', name: 'C02FAKE' } as const
const ofSam = { email: 'sam@acme.example', isProven: true }

/** Riley's, by both; and let in by it. */
async function aMachine(first: Parameters<Awaited<ReturnType<typeof aDeviceDay>>['says']>[0] = {}) {
  const day = await aDeviceDay({ more: alsoFleet })
  const { riley, sam, contractors } = day.stage
  contractors.members = [riley, sam]
  await day.says(first)
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  await day.says(twin)
  expect(await kimSays(day, 'fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await asks(riley, 'gate open')
  await areIn(day, 'riley')
  return day
}

/** The second of them says that it is Sam's now. */
async function aMachineInQuestion() {
  const day = await aMachine()
  await day.says({ ...twin, owner: ofSam })
  await areIn(day, '')
  return day
}

test('given to somebody else, as the second of them says, it is theirs as a whole, and whose it was is not let in by it', async () => {
  const day = await aMachineInQuestion()
  expect(await kimSays(day, 'fleet/f-1', 'approve')).toMatchObject({ owner: { email: ofSam.email } })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'errors' })
  await asks(day.stage.sam, 'gate open')
  await areIn(day, 'sam')
}, 60_000)

test('given to somebody else, as the first of them says, none of both counts for whom it belonged to', async () => {
  const day = await aMachine()
  await day.says({ owner: ofSam })
  await areIn(day, '')
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ owner: { email: ofSam.email } })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'errors' })
}, 60_000)

test('it is nobody’s, an admin says: then it counts for nobody', async () => {
  const day = await aMachineInQuestion()
  expect(await kimSays(day, 'fleet/f-1', 'reject')).toMatchObject({ approval: 'rejected' })
  expect(await asks(day.stage.riley, 'gate open')).toMatchObject({ outcome: 'errors' })
  expect([...day.gate.holders]).toEqual([])
}, 60_000)

test.each([
  ['approve', 'sam'],
  ['keep', 'riley'],
] as const)(
  'both say that it is somebody else’s: one answer (%s) is for the whole of it',
  async (answer, name) => {
    const day = await aMachineInQuestion()
    await day.says({ owner: ofSam })
    await kimSays(day, 'mdm/laptop-1', answer)
    expect(await asks(day.stage[name], 'gate open')).toMatchObject({ outcome: 'cleared' })
    await areIn(day, name)
  },
  60_000,
)

test('where an identity provider proved to one of them whose it is, an unproven claim of the other changes nothing', async () => {
  const day = await aDeviceDay({ more: alsoFleet, asks: false })
  await day.says()
  await day.says({ ...twin, owner: { email: 'riley@contractor.example', isProven: false } })
  expect(await kimSays(day, 'fleet/f-1', 'join')).toMatchObject({ joinedTo: 'mdm/laptop-1' })
  await asks(day.stage.riley, 'gate open')
  await areIn(day, 'riley')
  await day.says({ ...twin, owner: { ...ofSam, isProven: false } })
  await passes(3_000)
  expect([...day.gate.holders]).toEqual(['riley'])
}, 60_000)

test('`curfew devices` says that it is fit where it is held on as such, and that it is in question while it is', async () => {
  const day = await aMachine({ attributes: { firewall: null } })
  const said = async () => (await devices(['mdm/laptop-1'], { ...day.stage.environment })).text
  expect(await said()).toMatch(/riley-laptop.*managed-laptop: yes/)
  await day.says({ ...twin, owner: ofSam })
  expect(await said()).toMatch(/riley-laptop.*in question/)
}, 60_000)

test('a device that an admin said stays Sam’s is not offered as Riley’s machine, whatever address its source still names', async () => {
  const day = await aDeviceDay({ more: alsoFleet })
  await day.says()
  expect(await kimSays(day, 'mdm/laptop-1', 'approve')).toMatchObject({ approval: 'approved' })
  const sams = { ...twin, name: 'sams-laptop' }
  await day.says({ ...sams, owner: ofSam })
  await day.says({ ...sams, owner: { email: 'riley@contractor.example', isProven: true } })
  expect(await kimSays(day, 'fleet/f-1', 'keep')).toMatchObject({ owner: { email: ofSam.email } })
  const device = await day.stage.app.world.devices.get('fleet/f-1')
  if (device === null) throw new Error('no such device')
  expect(await sameMachine(day.stage.app.world, device)).toBeNull()
}, 60_000)
