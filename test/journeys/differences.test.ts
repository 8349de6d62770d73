import { findDifferences } from '../../src/operations/by-itself/find-differences.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, onlyGrantOf, patient, wrongWith } from './acts.ts'
import { hearsActs } from '../support/heard-acts.ts'

/** Where the system and the grants disagree, and what an admin says of it. */

async function aStageWithGate(): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '10m' }), env: gate.env })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

async function holds({ stage }: { stage: Stage }): Promise<void> {
  const { riley, ada, orders } = stage
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'active',
  )
}

const calls = ({ calls: all }: Gate, action: string) => all.filter((call) => call.action === action).length

test('what no grant explains is said once, changed by nobody, and taken back from whom an admin chooses', async () => {
  const { stage, gate } = await aStageWithGate()
  const { ada, orders, workspace } = stage
  await holds({ stage })
  gate.holders.add('mallory').add('kim')
  await findDifferences(stage.app.world)
  const card = await ada.sees(/The gate.*2 held without a grant/s, orders, patient)
  expect(card.plain).toContain('kim, mallory')
  expect(calls(gate, 'take')).toBe(0)

  const acts = hearsActs(stage.app.world)
  await ada.clicks('Take it back…', card)
  await ada.modal('From whom?', patient)
  await ada.chooses('From whom?', 'mallory: Open the gate')
  await ada.submits()

  await ada.sees(/The gate.*1 held without a grant.*kim/s, orders, patient)
  expect(acts).toEqual(['difference-taken-back: done'])
  expect([...gate.holders].sort()).toEqual(['kim', 'riley'])
  await findDifferences(stage.app.world)
  expect(
    workspace.messages(orders).filter(({ plain }) => plain.includes('held without a grant')),
  ).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('what an admin finds fine until a day is not reported before it', async () => {
  const { stage, gate } = await aStageWithGate()
  const { ada, orders } = stage
  gate.holders.add('mallory')
  await findDifferences(stage.app.world)

  await ada.clicks("That's fine until…", await ada.sees(/1 held without a grant/, orders, patient))
  await ada.modal('Until when?', patient)
  await ada.submits()

  await ada.sees(/system and the grants agree here again/, orders, patient)
  await findDifferences(stage.app.world)
  expect(await stage.app.world.differences.all()).toEqual([])
  expect([...gate.holders]).toEqual(['mallory'])
}, 60_000)

test('what somebody took by hand is said, and not given again by itself', async () => {
  const { stage, gate } = await aStageWithGate()
  const { ada, orders } = stage
  await holds({ stage })
  gate.holders.delete('riley')
  const gives = calls(gate, 'give')
  await findDifferences(stage.app.world)
  const said = await ada.sees(/1 granted and not there.*riley/s, orders, patient)
  expect(said.buttons).toEqual([])
  expect(calls(gate, 'give')).toBe(gives)
}, 60_000)

test('whoever is no admin of it takes nothing back, and an answer to what differs otherwise by now changes nothing', async () => {
  const { stage, gate } = await aStageWithGate()
  const { ada, mallory, orders } = stage
  gate.holders.add('mallory')
  await findDifferences(stage.app.world)
  const card = await ada.sees(/1 held without a grant/, orders, patient)
  await mallory.clicks('Take it back…', card)
  await mallory.modal('From whom?', patient)
  await mallory.chooses('From whom?', 'mallory: Open the gate')
  expect(await mallory.submits()).toMatchObject({
    errors: { 'From whom?': expect.stringMatching(/admin/) as string },
  })
  expect([...gate.holders]).toEqual(['mallory'])

  await ada.clicks('Take it back…', card)
  await ada.modal('From whom?', patient)
  gate.holders.add('kim')
  await findDifferences(stage.app.world)
  await ada.chooses('From whom?', 'mallory: Open the gate')
  expect(await ada.submits()).toMatchObject({
    errors: { 'From whom?': expect.stringMatching(/something else by now/) as string },
  })
  expect([...gate.holders].sort()).toEqual(['kim', 'mallory'])
}, 60_000)

test('a system that does not answer is not said to lack what it was given, and what was found stays', async () => {
  const { stage, gate } = await aStageWithGate()
  await holds({ stage })
  gate.holders.add('mallory')
  await findDifferences(stage.app.world)
  const before = await stage.app.world.differences.all()
  gate.trouble = ({ action }) => (action === 'list' ? { status: 503 } : undefined)
  gate.holders.clear()
  await findDifferences(stage.app.world)
  expect(await stage.app.world.differences.all()).toEqual(before)
}, 60_000)

test('whoever was granted it while the form was open keeps it', async () => {
  const { stage, gate } = await aStageWithGate()
  const { ada, orders } = stage
  gate.holders.add('riley')
  await findDifferences(stage.app.world)
  const card = await ada.sees(/1 held without a grant/, orders, patient)
  await holds({ stage })
  await ada.clicks('Take it back…', card)
  await ada.modal('From whom?', patient)
  await ada.chooses('From whom?', 'riley: Open the gate')
  expect(await ada.submits()).toMatchObject({
    errors: { 'From whom?': expect.stringMatching(/Not taken back now: riley/) as string },
  })
  expect([...gate.holders]).toEqual(['riley'])
  expect(calls(gate, 'take')).toBe(0)
}, 60_000)
