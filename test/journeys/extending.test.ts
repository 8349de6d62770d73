import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, asks, eventually, listenToLog, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** 16 s of access, warned of 9 s before the end; the last 4 s are the end's own. */
async function held(extend: string): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const more = `        warn: 9s\n        extend: ${extend}\n`
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { duration: '16s', more }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const reason = aReason()
  await asks(stage.riley, 'gate open', reason)
  await stage.ada.clicks('Approve 16 s', await stage.ada.sees(reason, stage.orders, patient))
  await stage.riley.sees(/You have Open the gate/, 'dm', patient)
  return { stage, gate }
}

const endOf = async ({ riley, ...stage }: Stage): Promise<number> => {
  const grant = await onlyGrantOf({ riley, ...stage }, riley)
  return 'endsAt' in grant ? grant.endsAt.getTime() : 0
}
const gives = ({ calls }: Gate) => calls.filter(({ action }) => action === 'give')

test('the holder extends from the warning: at once, as often and as long as the catalog lets them, and the system is told', async () => {
  const { stage, gate } = await held('{ max: 2, total: 26s, by: 8s, after: 10%, review: false }')
  const { riley, ada, orders, workspace } = stage
  const first = await endOf(stage)
  const warning = await riley.sees(/ends \d/, 'dm', patient)
  expect(warning.buttons).toEqual(['Extend 8 s', "I'm done"])

  await riley.clicks('Extend 8 s', warning)

  await riley.sees(/was extended; it ends/, 'dm', patient)
  expect((await endOf(stage)) - first).toBe(8_000)
  await ada.sees(/Riley \(riley@contractor\.example\) extended this by 8 s/, orders, patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => grant.status === 'active' && grant.heldUntil.getTime() === first + 8_000,
  )
  expect(gives(gate)).toHaveLength(2)
  expect(gives(gate)[1]?.until?.getTime()).toBeGreaterThanOrEqual(first + 8_000)

  await riley.clicks('Extend 8 s', warning, { asSeen: true })
  await riley.sees(/This was extended already: it ends/, 'ephemeral', patient)

  const second = await riley.sees(/Open the gate on The gate ends \d/, 'dm', patient)
  expect(second.ts).not.toBe(warning.ts)
  expect(second.buttons).toEqual(['Extend 2 s', "I'm done"])
  await riley.clicks('Extend 2 s', second)
  await eventually(
    () => endOf(stage),
    (endsAt) => endsAt === first + 10_000,
  )

  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 40_000 })
  const take = gate.calls.find(({ action }) => action === 'take')
  // Not before the end that it was extended to; the machine's clock may be set a little meanwhile.
  expect(performance.timeOrigin + (take?.atMs ?? 0)).toBeGreaterThan(first + 10_000 - 500)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('where somebody must say yes: the old end stands until an approver adds more; the holder hears either way', async () => {
  const { stage, gate } = await held('{ max: 3, total: 1h, by: 10s, after: 10% }')
  const { riley, ada, sam, kim, orders, workspace } = stage
  const first = await endOf(stage)
  const warning = await riley.sees(/ends \d/, 'dm', patient)
  expect(warning.buttons).toEqual(['Ask for 10 s more', "I'm done"])

  await riley.clicks('Ask for 10 s more', warning)

  const note = await ada.sees(
    /Riley \(riley@contractor\.example\) asks for 10 s more, until/,
    orders,
    patient,
  )
  expect(note.buttons).toEqual(['Extend 10 s', 'No'])
  expect(await endOf(stage)).toBe(first)
  await riley.sees(/You asked for more time; you will hear here/, 'dm', patient)
  await kim.clicks('Extend 10 s', note)
  await kim.sees(/You can't answer this/, 'ephemeral', patient)
  await ada.clicks('Extend 10 s', note)
  await riley.sees(
    /You got 10 s more of Open the gate on The gate, approved by @Ada \(ada@acme\.example\): it ends/,
    'dm',
    patient,
  )
  expect(await endOf(stage)).toBe(first + 10_000)
  await ada.sees(/Riley \(riley@contractor\.example\) asked for 10 s more\. Approved by Ada/, orders, patient)
  await sam.clicks('Extend 10 s', note, { asSeen: true })
  await sam.sees(/This was answered already/, 'ephemeral', patient)

  await riley.sees(/Open the gate on The gate was extended; it ends/, 'dm', patient)
  await riley.clicks(
    'Ask for 10 s more',
    await riley.sees(/Open the gate on The gate ends \d/, 'dm', patient),
  )
  await sam.clicks(
    'No',
    await sam.sees(/Riley \(riley@contractor\.example\) asks for 10 s more/, orders, patient),
  )
  await riley.sees(
    /@Sam \(sam@acme\.example\) said no to 10 s more of Open the gate on The gate: it ends/,
    'dm',
    patient,
  )
  expect(await endOf(stage)).toBe(first + 10_000)

  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 40_000 })
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)

test('a system that does not answer is told of the new end as soon as it does; too early and too late are refused', async () => {
  const { stage, gate } = await held('{ max: 2, total: 1h, by: 10s, after: 20%, review: false }')
  const { riley, ada, orders, workspace } = stage
  const first = await endOf(stage)
  const warning = await riley.sees(/ends \d/, 'dm', patient)
  let silent = 0
  gate.trouble = ({ action }) => (action === 'give' && (silent += 1) <= 2 ? { status: 503 } : undefined)

  await riley.clicks('Extend 10 s', warning)

  await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) => grant.status === 'active' && (grant.owed?.tries ?? 0) > 0,
  )
  await eventually(
    () => onlyGrantOf(stage, riley),
    (grant) =>
      grant.status === 'active' && grant.heldUntil.getTime() === first + 10_000 && grant.owed === null,
  )
  const second = await riley.sees(/Open the gate on The gate ends \d/, 'dm', patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'revoking',
    20_000,
  )
  await riley.clicks('Extend 10 s', second, { asSeen: true })
  await riley.sees(/Too late, access is already being taken back/, 'ephemeral', patient)
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 40_000 })
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 90_000)
