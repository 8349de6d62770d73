import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aCard, aReason, asks, eventually, listenToLog, onlyGrantOf, patient, wrongWith } from './acts.ts'

async function aStageWithGate(duration = '6s'): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration }), env: gate.env })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

async function approved({ riley, ada, orders }: Stage, label: string): Promise<void> {
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks(label, await ada.sees(reason, orders, patient))
}

const verbs = ({ calls }: Gate) => calls.map(({ action }) => action)

test('access shorter than the look-ahead is said to its holder too: that it is held, and that it is gone', async () => {
  const { stage, gate } = await aStageWithGate('3s')
  const { riley, workspace } = stage

  await approved(stage, 'Approve 3 s')

  await riley.sees(/You ha(ve|d) Open the gate/, 'dm', patient)
  await riley.sees(/checked, it is gone/, 'dm', patient)
  expect(verbs(gate).filter((verb) => verb === 'give' || verb === 'take')).toEqual(['give', 'take'])
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('a system that refuses for good: it could not be given, why, and that nothing is held', async () => {
  const { stage, gate } = await aStageWithGate()
  const { riley, ada, orders, workspace } = stage
  gate.trouble = ({ action }) =>
    action === 'give' ? { status: 403, body: JSON.stringify({ error: 'nobody is called riley' }) } : undefined

  await approved(stage, 'Approve 6 s')

  await ada.sees(/Could not give: .*nobody is called riley.*Checked: nothing held/s, orders, patient)
  const dm = await riley.sees(
    /Could not give Open the gate on The gate: .*nobody is called riley/,
    'dm',
    patient,
  )
  expect(dm.buttons).toEqual(['Ask again'])
  expect(verbs(gate).lastIndexOf('has')).toBeGreaterThan(verbs(gate).lastIndexOf('give'))
  expect(verbs(gate).filter((verb) => verb === 'give')).toHaveLength(1)
  expect(riley.dms.filter(({ plain }) => plain.includes('You have'))).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('a system that obeys but whose answer is lost is asked again under the same key, and given once', async () => {
  const { stage, gate } = await aStageWithGate('20s')
  const { riley, orders, ada, workspace } = stage
  let lost = 0
  gate.trouble = ({ action }) =>
    action === 'give' && (lost += 1) === 1 ? { after: true, silent: true } : undefined

  await approved(stage, 'Approve 20 s')

  await riley.sees(/You have Open the gate/, 'dm', patient)
  await ada.sees(/Active until/, orders, patient)
  expect([...gate.holders]).toEqual(['riley'])
  const gives = gate.calls.filter(({ action }) => action === 'give')
  expect(gives.length).toBeGreaterThanOrEqual(2)
  expect(new Set(gives.slice(0, 2).map(({ id }) => id)).size).toBe(1)
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('an answer that cannot be read is never taken for "not held", nor for "gone"', async () => {
  const { stage, gate } = await aStageWithGate('6s')
  const { riley, ada, orders, workspace } = stage
  await approved(stage, 'Approve 6 s')
  await riley.sees(/You have Open the gate/, 'dm', patient)
  gate.trouble = ({ action }) => (action === 'has' ? { body: '<html>Bad gateway</html>' } : undefined)

  await eventually(
    async () => gate.calls.filter(({ action }) => action === 'take').length,
    (takes) => takes >= 2,
  )

  expect(await onlyGrantOf(stage, riley)).toMatchObject({ status: 'revoking' })
  expect(workspace.messages(orders).filter(({ plain }) => plain.includes('gone'))).toEqual([])
  gate.trouble = () => undefined
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  await riley.sees(/checked, it is gone/, 'dm', patient)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('what the system says is still held is taken again, and not called gone', async () => {
  const { stage, gate } = await aStageWithGate('6s')
  const { riley, ada, orders, workspace } = stage
  await approved(stage, 'Approve 6 s')
  await riley.sees(/You have Open the gate/, 'dm', patient)
  let takes = 0
  gate.trouble = ({ action }) =>
    action === 'take' && (takes += 1) <= 2 ? { status: 200, body: '{}' } : undefined

  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 20_000 })

  expect(takes).toBe(3)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('a system that was away: what is owed to it is taken back within five seconds of its return', async () => {
  const { stage, gate } = await aStageWithGate('6s')
  const { riley, ada, orders, workspace } = stage
  await approved(stage, 'Approve 6 s')
  await riley.sees(/You have Open the gate/, 'dm', patient)
  gate.trouble = () => ({ status: 503 })
  await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => grant.status === 'revoking' && grant.tries >= 4,
  )
  // It would be tried again in 8 to 16 seconds.
  const asked = gate.calls.length
  await eventually(
    async () => gate.calls.length,
    (calls) => calls > asked + 1,
  )
  gate.trouble = () => undefined
  const backAtMs = performance.now()

  await eventually(
    async () => [...gate.holders],
    (holders) => holders.length === 0,
  )

  expect(performance.now() - backAtMs).toBeLessThan(5_000)
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('access that was there before Curfew is neither given nor taken, and the card says so', async () => {
  const { stage, gate } = await aStageWithGate('6s')
  const { ada, orders, workspace } = stage
  gate.holders.add('riley')

  await approved(stage, 'Approve 6 s')

  await ada.sees(/Ended .* \(time was up\)\. Held before Curfew; left in place/, orders, patient)
  expect([...gate.holders]).toEqual(['riley'])
  expect(verbs(gate).filter((verb) => verb === 'give' || verb === 'take')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('a system frozen at the end: STILL HELD is said to all whom it concerns, until it is gone', async () => {
  const brief = `      brief:
        name: Brief look
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        duration: { default: 2s, max: 1m, choices: [2s] }
        alert: 10s
`
  const stage = await aStage({ catalog: (cast) => ordersCatalog(cast, { more: brief }) })
  const { riley, ada, orders, database, workspace } = stage
  listenToLog(stage.app.world.log)
  const card = await aCard(stage, 'orders-db brief')
  await ada.clicks('Approve 2 s', card)
  await riley.sees(/You have Brief look/, 'dm', patient)
  afterThis(async () => database.thaw())
  await database.freeze()

  const alarmed = await ada.sees(
    /Orders database: 1 late.*STILL HELD Riley \(riley@contractor\.example\), Brief look/s,
    orders,
    {
      withinMs: 30_000,
    },
  )

  await riley.sees('Your time is up; access is being taken back. Please stop using it.', 'dm', patient)
  const late = await ada.sees(/STILL HELD, due .* tr(y|ies), last: .*Next/, orders, patient)
  expect(late.ts).toBe(card.ts)
  expect(late.buttons).toEqual(['Try now'])
  database.thaw()
  await ada.clicks('Try now', late)
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  await riley.sees(/Brief look .* ended .*; checked, it is gone/, 'dm', patient)
  await ada.sees(/Settled: nothing is late here any more/, alarmed, patient)
  expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'not authorized' })
  const alarms = workspace.messages(orders).filter(({ plain }) => /late|Settled/.test(plain))
  expect(alarms.map(({ threadTs }) => threadTs)).toEqual([undefined, alarmed.ts])
  expect(ada.ephemerals()).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
