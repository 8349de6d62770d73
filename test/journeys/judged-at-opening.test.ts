import { lookAtHeld } from '../../src/operations/by-itself/while-held.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { transition } from '../../src/domain/transition.ts'
import type { Cast } from '../support/cast.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, as, changeCatalog, eventually, listenToLog, onlyGrantOf } from './acts.ts'

async function aGateFrom(opens: Date) {
  const gate = await aGate()
  const who = `now >= timestamp("${opens.toISOString()}")`
  const stage = await aStage({
    catalog: (cast: Cast) =>
      gateCatalog(cast, {
        duration: '10m',
        more: `        ahead: 1d\n        auto: [{ because: everyone, when: 'true' }]\n`,
      }).replace(
        `who: '"@contractors" in groups'\n        duration: { default: 10m`,
        `who: 'email != "x"'\n        duration: { default: 10m`,
      ),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  return { stage, gate, who }
}

async function waits(stage: Stage, startsAt: Date) {
  const asked = await requestAccess(stage.app.world, {
    startsAt,
    recurrence: null,
    durationMs: 600_000,
    resource: 'gate',
    entitlement: 'open',
    requestId: 'r1',
    by: as(stage, stage.riley),
    reason: aReason(),
  })
  if (isRefusal(asked)) throw new Error(`${asked.refused} ${asked.reasons.join()}`)
  expect(asked.status).toBe('waiting')
  return asked
}

test('what a rule allows from an hour on is given when it opens at that hour', async () => {
  const opens = new Date(Date.now() + 20_000)
  const { stage, gate, who } = await aGateFrom(opens)
  await waits(stage, opens)
  await changeCatalog(stage, (text) => text.replace(`who: 'email != "x"'`, `who: '${who}'`))
  await lookAtHeld(stage.app.world)
  expect(await onlyGrantOf(stage, stage.riley)).toMatchObject({ status: 'waiting' })
  await eventually(
    () => onlyGrantOf(stage, stage.riley),
    ({ status }) => status !== 'waiting' && status !== 'granting',
    30_000,
  )
  const grant = await onlyGrantOf(stage, stage.riley)
  expect({ status: grant.status, last: grant.history.at(-1) }).toMatchObject({ status: 'active' })
  expect([...gate.holders]).toEqual(['riley'])
}, 90_000)

test('what is being prepared for its opening is judged as of its opening', async () => {
  const opens = new Date(Date.now() + 60_000)
  const { stage, who } = await aGateFrom(opens)
  const { world } = stage.app
  const asked = await waits(stage, opens)
  await changeCatalog(stage, (text) => text.replace(`who: 'email != "x"'`, `who: '${who}'`))
  // As the sweep prepares it shortly before; no try to give it is due yet.
  await world.grants.change(asked.id, (grant, now) => {
    const next = transition(grant, { type: 'open', leadMs: 60_000 }, now)
    return isRefusal(next) || next.status !== 'granting'
      ? next
      : { ...next, retryAt: next.giveAt, dueAt: next.giveAt }
  })
  await lookAtHeld(world)
  const grant = await onlyGrantOf(stage, stage.riley)
  expect({ status: grant.status, last: grant.history.at(-1) }).toMatchObject({ status: 'granting' })
}, 90_000)

test('nobody is given by rule who left while everybody was being listed', async () => {
  const gate = await aGate()
  const vault = `      vault:
        name: Open the vault
        target: { gate: vault }
        mode: standing
        who: 'email == "sam@acme.example" || email == "ada@acme.example"'
        admins: [ada@acme.example]
`
  const stage = await aStage({
    catalog: (cast) => gateCatalog(cast, { more: vault }),
    env: gate.env,
    started: false,
  })
  const { workspace, sam } = stage
  for (let n = 0; n < 1_000; n++) workspace.addPerson({ name: `Person ${n}` })
  // Slack lists them in two pages; the second takes its time.
  workspace.faults.next('users.list', { delayMs: 0 })
  workspace.faults.next('users.list', { delayMs: 2_000 })
  const app = await stage.startApp()
  listenToLog(app.world.log)
  const listed = () => workspace.calls.filter(({ method }) => method === 'users.list').length
  await eventually(
    async () => listed(),
    (calls) => calls >= 1,
  )
  workspace.deactivate(sam)
  await eventually(async () => [...gate.holders].includes('ada'), Boolean, 30_000)
  await lookAtHeld(app.world)
  await eventually(
    () => app.world.grants.standing(),
    (rows) => rows.map(({ principal, status }) => `${principal} ${status}`).join() === 'ada active',
  )
  expect([...gate.holders]).toEqual(['ada'])
}, 120_000)
