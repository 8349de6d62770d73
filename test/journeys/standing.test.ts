import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, changeCatalog, eventually, listenToLog, patient, wrongWith } from './acts.ts'

/** Database admins hold the gate by rule; contractors ask for it. */
const standing = (rules = '') => `      always:
        name: Open the gate any time
        target: { gate: main }
        mode: standing
        who: '"@dba" in groups'
${rules}`

async function aStanding(
  rules = '',
  { patienceMs, before }: { patienceMs?: number; before?: (gate: Gate) => void } = {},
): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  before?.(gate)
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '8s', more: standing(rules) }),
    env: gate.env,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const holdersOf = (gate: Gate) => async () => [...gate.holders].sort().join()
const heldBy = (gate: Gate, names: string) => eventually(holdersOf(gate), (now) => now === names)

test('whoever matches the rule holds it without asking, from when they match until they do not', async () => {
  const { stage, gate } = await aStanding()
  const { ada, sam, kim, dba, orders, workspace } = stage
  await heldBy(gate, 'ada,sam')

  dba.members = [ada, sam, kim]
  await heldBy(gate, 'ada,kim,sam')
  dba.members = [ada, kim]
  await heldBy(gate, 'ada,kim')

  workspace.deactivate(kim)
  await heldBy(gate, 'ada')
  // The system says so before it is written down.
  await eventually(
    async () => (await stage.app.world.grants.standing()).map(({ principal }) => principal).join(),
    (open) => open === 'ada',
  )

  // No cards and no messages for what nobody asked for.
  expect(workspace.messages(orders).filter(({ isFromApp }) => isFromApp)).toEqual([])
  expect([...ada.dms, ...kim.dms]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('side by side: contractors ask, their end takes nothing from those who hold it by rule, and the other way round', async () => {
  const { stage, gate } = await aStanding()
  const { riley, ada, orders, dba, workspace } = stage
  await heldBy(gate, 'ada,sam')
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const form = await ada.sees(reason, orders, patient)
  await ada.clicks('Approve 8 s', form)
  await heldBy(gate, 'ada,riley,sam')

  dba.members = [ada]
  await heldBy(gate, 'ada,riley')
  await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 30_000 })
  await heldBy(gate, 'ada')
  await riley.runs('/request-access gate always')
  const shown = await riley.modal('What do you want to access?')
  expect(shown.text).not.toContain('Open the gate any time')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('another rule, or none, is followed at once; who held it before Curfew keeps it', async () => {
  const { stage, gate } = await aStanding('', { before: ({ holders }) => void holders.add('sam') })
  await heldBy(gate, 'ada,sam')
  await eventually(
    async () => (await stage.app.world.grants.standing()).length,
    (count) => count === 2,
  )
  await changeCatalog(stage, (text) => text.replace(`'"@dba" in groups'`, `'email == "kim@acme.example"'`))
  await heldBy(gate, 'kim,sam')
  await changeCatalog(stage, (text) => text.replace('mode: standing', 'mode: approval'))
  await heldBy(gate, 'sam')
}, 60_000)

test('groups that cannot be read change nothing, and are never read as empty; after a while the admins hear of it', async () => {
  const { stage, gate } = await aStanding('', { patienceMs: 500 })
  const { ada, sam, kim, dba, workspace } = stage
  await heldBy(gate, 'ada,sam')
  workspace.faults.next('usergroups.list', { error: 'internal_error' }, Infinity)

  dba.members = [kim]
  await eventually(
    async () => {
      dba.members = [kim]
      return ada.dms.map(({ plain }) => plain).join()
    },
    (said) => /Slack does not say who holds Open the gate any time on The gate/.test(said),
  )
  expect([...gate.holders].sort()).toEqual(['ada', 'sam'])

  workspace.faults.clear()
  dba.members = [kim, sam]
  await heldBy(gate, 'kim,sam')
}, 60_000)

test('many who would lose it at once keep it until an admin says so, for those people and no others', async () => {
  const { stage, gate } = await aStanding('        standing: { confirmAbove: 1 }\n')
  const { ada, kim, orders, dba, workspace } = stage
  await heldBy(gate, 'ada,sam')
  dba.members = [kim]
  const asked = await ada.sees(
    /2 people would lose Open the gate any time on The gate at once/,
    orders,
    patient,
  )
  expect([...gate.holders].sort()).toEqual(['ada', 'kim', 'sam'])
  await kim.clicks('Take it back from 2', asked, { confirm: true })
  await kim.sees(/Only the admins of this resource can do that/, 'ephemeral', patient)
  expect([...gate.holders].sort()).toEqual(['ada', 'kim', 'sam'])

  await ada.clicks('Take it back from 2', asked, { confirm: true })
  await heldBy(gate, 'kim')
  await ada.sees(/Settled: it was taken back, or the rule names them again/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('what changed while the app was away is followed when it is back', async () => {
  const { stage, gate } = await aStanding()
  const { ada, kim, dba } = stage
  await heldBy(gate, 'ada,sam')
  await stage.stopApp()
  dba.members = [ada, kim]
  await stage.startApp()
  await heldBy(gate, 'ada,kim')
}, 60_000)
