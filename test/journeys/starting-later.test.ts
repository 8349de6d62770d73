import { setTimeout as sleep } from 'node:timers/promises'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog, type Gate } from './a-gate.ts'
import { aReason, changeCatalog, eventually, listenToLog, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** The gate, for 6 s, to be asked for up to a day ahead. */
async function aLaterGate(): Promise<{ stage: Stage; gate: Gate }> {
  const gate = await aGate()
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { more: '        ahead: 1d\n' }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate }
}

const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1_000 + seconds) * 1_000)

/** Riley asks for it from then on. */
async function asksFor({ riley }: Stage, start: Date, reason = aReason()) {
  await riley.runs(`/request-access gate open ${reason}`)
  await riley.modal('When should it start?')
  await riley.chooses('When should it start?', start)
  return { reason, submitted: await riley.submits() }
}

/** Asked for, and approved by Ada. */
async function approved(stage: Stage, start: Date): Promise<void> {
  const { ada, riley, orders } = stage
  const { reason, submitted } = await asksFor(stage, start)
  expect(submitted).toMatchObject({ outcome: 'cleared' })
  await ada.clicks('Approve 6 s', await ada.sees(reason, orders, patient))
  await riley.sees(/@Ada \(ada@acme\.example\) approved Open the gate on The gate: it opens/, 'dm', patient)
}

const gives = ({ calls }: Gate) => calls.filter(({ action }) => action === 'give')

test('what is approved ahead opens at its instant, not before, and lasts from then on', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley, ada, orders, workspace } = stage
  const start = inSeconds(7)
  let gaveAtMs = 0
  gate.trouble = ({ action }) => {
    if (action === 'give') gaveAtMs ||= Date.now()
    return undefined
  }

  await approved(stage, start)

  const waiting = await ada.sees(/Approved by Ada .* Opens .*, until/, orders, patient)
  expect(waiting.plain).toMatch(/6 s from /)
  expect(waiting.buttons).toEqual(['End now'])
  expect([...gate.holders]).toEqual([])
  await riley.sees(/You have Open the gate on The gate until/, 'dm', patient)
  expect([...gate.holders]).toEqual(['riley'])
  expect(gaveAtMs).toBeGreaterThanOrEqual(start.getTime())
  expect(gaveAtMs - start.getTime()).toBeLessThan(2_000)
  const grant = await onlyGrantOf(stage, riley)
  expect('endsAt' in grant && grant.endsAt.getTime() - start.getTime()).toBe(6_000)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', patient)
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('a start that is over or too far ahead is said at its field, and nothing is asked for', async () => {
  const { stage } = await aLaterGate()
  const past = await asksFor(stage, inSeconds(-60))
  expect(past.submitted).toMatchObject({
    outcome: 'errors',
    errors: { 'When should it start?': 'Pick a start in the future, within what this allows.' },
  })
  await stage.riley.chooses('When should it start?', inSeconds(25 * 3_600))
  const far = await stage.riley.submits()
  expect(Object.keys(far.errors)).toEqual(['When should it start?'])
  await stage.riley.chooses('When should it start?', inSeconds(3_600))
  expect(await stage.riley.submits()).toMatchObject({ outcome: 'cleared' })
})

test('the holder calls it off while it waits, and an admin too: nothing is ever given', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley, ada, orders, workspace } = stage
  await approved(stage, inSeconds(3_600))
  const dm = await riley.sees(/it opens/, 'dm', patient)
  await riley.clicks('Not needed any more', dm, { confirm: true })
  await ada.sees(/Ended .* \(returned\)\. Nothing was given/, orders, patient)

  await approved(stage, inSeconds(3_600))
  const card = await ada.sees(/Opens /, orders, patient)
  await ada.clicks('End now', card, { confirm: true })
  await riley.sees(
    /Open the gate on The gate will not be given: @Ada \(ada@acme\.example\) ended it/,
    'dm',
    patient,
  )
  expect(gate.calls.filter(({ action }) => action !== 'check' && action !== 'list')).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('called off in the last seconds, when its opening is prepared already: still nothing is given', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley, workspace } = stage
  await approved(stage, inSeconds(9))
  const dm = await riley.sees(/it opens/, 'dm', patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'granting',
  )
  await riley.clicks('Not needed any more', dm, { confirm: true, asSeen: true })
  const ended = await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'ended',
  )
  expect(ended).toMatchObject({ cause: 'released' })
  // Claimed already, it is read back; called off just before that, there is nothing to read.
  expect(['gone', 'never-given']).toContain(ended.status === 'ended' && ended.left)
  expect(gives(gate)).toEqual([])
  expect([...gate.holders]).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('who may not have it any more does not get it later, and reads why at once', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley, ada, orders, workspace } = stage
  // Later than a busy machine takes to read the catalog, so that nothing is prepared yet.
  await approved(stage, inSeconds(25))
  await changeCatalog(stage, (text) =>
    text.replace(/(Open the gate\n.*\n +who: ).*/, '$1\'email == "nobody@acme.example"\''),
  )
  await riley.sees(/Open the gate on The gate will not be given: the rule is/, 'dm', patient)
  await ada.sees(/Ended .* \(the rule is .*\)\. Nothing was given/, orders, patient)
  expect(gives(gate)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('the app is away when it opens: it opens once the app is back, and ends when it would have', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley } = stage
  const start = inSeconds(4)
  await approved(stage, start)
  await stage.stopApp()
  await sleep(start.getTime() + 1_000 - Date.now())
  expect([...gate.holders]).toEqual([])

  await stage.startApp()

  await eventually(
    async () => [...gate.holders],
    ([holder]) => holder === 'riley',
  )
  const grant = await onlyGrantOf(stage, riley)
  expect('endsAt' in grant && grant.endsAt.getTime()).toBe(start.getTime() + 6_000)
  await riley.sees(/ended .*; checked, it is gone/, 'dm', patient)
}, 60_000)

test('the app is away all the time: nothing is given, and that is said', async () => {
  const { stage, gate } = await aLaterGate()
  const { riley } = stage
  const start = inSeconds(8)
  await approved(stage, start)
  await stage.stopApp()
  await sleep(start.getTime() + 6_500 - Date.now())

  await stage.startApp()

  await riley.sees(/Could not give .*: its time was up before it could be given/, 'dm', patient)
  expect(gives(gate)).toEqual([])
}, 60_000)

test('nobody answers: the request lapses at its start', async () => {
  const { stage } = await aLaterGate()
  const { reason } = await asksFor(stage, inSeconds(3))
  await stage.ada.sees(reason, stage.orders, patient)
  await stage.riley.sees(/Nobody answered Open the gate/, 'dm', patient)
}, 30_000)
