import { setTimeout as sleep } from 'node:timers/promises'
import { aStage, type Stage } from '../support/curfew.ts'
import { freeze } from '../support/freeze.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aCard, aReason, asks, eventually, listenToLog, onlyGrantOf, patient, wrongWith } from './acts.ts'
import { curfew } from './app-process.ts'
import { anOwnMongod } from './own-mongod.ts'

test('what ended while the app was down is taken back within 2 s of its start', async () => {
  const stage = await aStage()
  const { riley, ada, orders, database, workspace } = stage
  const card = await aCard(stage, 'orders-db peek 10s')
  await ada.clicks('Approve 10 s', card)
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  const grant = await onlyGrantOf(stage, riley)
  const endsAtMs = grant.status === 'active' ? grant.endsAt.getTime() : 0
  await stage.stopApp()
  await sleep(endsAtMs - Date.now() + 500)
  expect(await database.tryDoor('riley')).toEqual({ isOpen: true, says: '3 orders' })

  const startedAtMs = performance.now()
  const starting = stage.startApp()

  await eventually(
    () => database.tryDoor('riley'),
    ({ isOpen }) => !isOpen,
  )
  const tookMs = performance.now() - startedAtMs
  await starting
  expect(tookMs).toBeLessThanOrEqual(2_000)
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, patient)
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('what was asked and answered while one replica was down goes on, and is shown, when it is back', async () => {
  const stage = await aStage()
  const { riley, ada, orders, workspace } = stage
  const card = await aCard(stage, 'orders-db peek 10s')
  await stage.stopApp()
  await stage.startApp()

  expect(await ada.clicks('Approve 10 s', card)).toEqual({ outcome: 'acked' })

  await riley.sees(/You have Peek at orders/, 'dm', patient)
  const active = await ada.sees(/Active until/, orders, patient)
  expect(active.ts).toBe(card.ts)
  expect(wrongWith(workspace)).toEqual([])
}, 40_000)

test('one that stops while it still connects leaves no connection behind on which nobody answers', async () => {
  const stage = await aStage({ started: false })
  const { workspace } = stage
  const noneIsOpen = () =>
    eventually(
      async () => workspace.sockets.open,
      (open) => open === 0,
    )
  for (const delayMs of [0, 100, 400]) {
    workspace.faults.next('apps.connections.open', { delayMs }, 2)
    await stage.startApp()
    await stage.stopApp()
    await noneIsOpen()
  }
  // Whatever was asked for before, and as slowly, has been answered when this one is connected.
  workspace.faults.next('apps.connections.open', { delayMs: 400 }, 2)
  await stage.startApp()
  await eventually(
    async () => workspace.sockets.open,
    (open) => open > 0,
  )
  await stage.stopApp()
  await noneIsOpen()
}, 60_000)

test('what is given before Slack said which workspace this is: its person keeps their name on the system', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '30s' }), env: gate.env })
  const { riley, ada, orders, workspace } = stage
  gate.trouble = ({ action }) => (action === 'give' ? { status: 503 } : undefined)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 30 s', await ada.sees(reason, orders, patient))
  await eventually(
    async () => gate.calls,
    (calls) => calls.some(({ action }) => action === 'give'),
  )
  await stage.stopApp()
  gate.trouble = () => undefined
  workspace.faults.next('auth.test', { delayMs: 1_000 })
  workspace.faults.next('users.info', { delayMs: 1_500 }, 2)

  await stage.startApp()

  await riley.sees(/You have Open the gate/, 'dm', patient)
  expect(riley.dms.map(({ plain }) => plain).join()).not.toContain('Could not give')
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

describe('the process ends in the middle of a give', () => {
  async function inTheMiddle() {
    const gate = await aGate()
    const stage = await aStage({
      catalog: (cast) => gateCatalog(cast, { duration: '12s', timeout: '3s' }),
      env: gate.env,
      started: false,
    })
    const app = curfew(['start'], stage.environment)
    await app.says('curfew is running')
    gate.trouble = ({ action }) => (action === 'give' ? { after: true, delayMs: 1_500 } : undefined)
    const reason = aReason()
    await asks(stage.riley, 'gate open', reason)
    await stage.ada.clicks('Approve 12 s', await stage.ada.sees(reason, stage.orders, patient))
    await eventually(
      async () => gate.calls,
      (calls) => calls.some(({ action }) => action === 'give'),
    )
    return { stage, gate, app }
  }

  async function goesOnToItsEnd({ riley, ada, orders, workspace }: Stage) {
    await riley.sees(/You have Open the gate/, 'dm', patient)
    await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 30_000 })
    await riley.sees(/checked, it is gone/, 'dm', patient)
    expect(wrongWith(workspace)).toEqual([])
  }

  test('by SIGTERM: it finishes, ends cleanly, and the next one goes on', async () => {
    const { stage, gate, app } = await inTheMiddle()

    app.kill('SIGTERM')

    expect(await app.exited).toBe(0)
    expect([...gate.holders]).toEqual(['riley'])
    gate.trouble = () => undefined
    await stage.startApp()
    expect(['granting', 'active']).toContain((await onlyGrantOf(stage, stage.riley)).status)
    await goesOnToItsEnd(stage)
    expect([...gate.holders]).toEqual([])
    expect(gate.calls.filter(({ action }) => action === 'give')).toHaveLength(1)
  }, 90_000)

  test('by SIGKILL: nothing is lost, nothing is given twice, and the end takes it back', async () => {
    const { stage, gate, app } = await inTheMiddle()

    app.kill('SIGKILL')

    await app.exited
    gate.trouble = () => undefined
    await stage.startApp()
    await goesOnToItsEnd(stage)
    expect([...gate.holders]).toEqual([])
    const gives = gate.calls.filter(({ action }) => action === 'give')
    expect(new Set(gives.map(({ id }) => id)).size).toBe(1)
  }, 90_000)
})

test('two replicas are as one: one card, one of each DM, given once and ended once', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { duration: '7s' }), env: gate.env })
  const { riley, ada, sam, orders, workspace } = stage
  const first = stage.app
  await stage.startApp()
  afterThis(() => first.stop())
  await workspace.until(() => workspace.sockets.open === 4, patient)
  const reason = aReason()
  await riley.runs(`/request-access gate open ${reason}`)
  await riley.modal('What do you need it for?')
  workspace.redeliver()
  expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
  const card = await ada.sees(reason, orders, patient)

  workspace.redeliver()
  await Promise.all([ada.clicks('Approve 7 s', card), sam.clicks('Approve 7 s', card)])

  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 30_000 })
  await riley.sees(/checked, it is gone/, 'dm', patient)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ unshown }) => !unshown,
  )
  expect(workspace.messages(orders).filter(({ isFromApp }) => isFromApp)).toHaveLength(1)
  const heard = riley.dms.map(({ plain }) => /^(Asked|You had|.* checked, it is gone)/.exec(plain)?.[1])
  expect(heard).toEqual(['Asked', 'You had', expect.stringContaining('checked, it is gone')])
  const verbs = gate.calls.map(({ action }) => action)
  expect(verbs.filter((verb) => verb === 'give' || verb === 'take')).toEqual(['give', 'take'])
  expect((await onlyGrantOf(stage, riley)).reviews).toHaveLength(1)
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)

test('MongoDB away: a click is told so, and afterwards everything goes on and ends, late by no more than that', async () => {
  const own = await anOwnMongod()
  const gate = await aGate()
  const stage = await aStage({ mongodb: own.uri, catalog: (cast) => gateCatalog(cast), env: gate.env })
  const { riley, ada, orders, workspace } = stage
  listenToLog(stage.app.world.log)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  const card = await ada.sees(reason, orders, patient)
  const { pid } = own
  if (pid === null) throw new Error('only our own server can be frozen')
  afterThis(async () => void process.kill(pid, 'SIGCONT'))

  const answer = await freeze(pid)
  await ada.clicks('Approve 6 s', card)

  await ada.sees(/Nothing was changed\. Try again in a minute\.|I could not confirm this/, 'ephemeral', {
    withinMs: 60_000,
  })
  expect([...gate.holders]).toEqual([])
  answer()
  await answersAgain(stage)
  if (workspace.now(card)?.buttons.includes('Approve 6 s')) await ada.clicks('Approve 6 s', card)
  await eventually(
    () => onlyGrantOf(stage, riley),
    ({ status }) => status === 'active',
  )
  const grant = await onlyGrantOf(stage, riley)
  const endsAtMs = grant.status === 'active' ? grant.endsAt.getTime() : 0
  const answerAgain = await freeze(pid)
  await sleep(endsAtMs - Date.now() + 3_000)
  answerAgain()
  const backAtMs = performance.now()
  await eventually(
    async () => gate.holders.size,
    (held) => held === 0,
    30_000,
  )
  expect(performance.now() - backAtMs).toBeLessThan(10_000)
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 30_000 })
  expect(wrongWith(workspace)).toEqual([])
}, 180_000)

/** The database answers the app again. */
async function answersAgain(stage: Stage): Promise<void> {
  await eventually(
    () =>
      onlyGrantOf(stage, stage.riley).then(
        () => true,
        () => false,
      ),
    (is) => is,
  )
}
