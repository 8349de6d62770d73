import { setTimeout as sleep } from 'node:timers/promises'
import { transition } from '../../src/domain/transition.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aReason, asks, eventually, grantsOf, listenToLog, patient } from './acts.ts'
import { curfew } from './app-process.ts'
import { anAsk, asked, becomes, granted, said } from './at-the-gate.ts'
import { aBreakableMongod, databaseOf } from './own-mongod.ts'

/** What a fail point needs to hold up one insert of a grant for so long. */
const slowGrant = (stage: Stage, ms: number) => ({
  failCommands: ['insert'],
  namespace: `${databaseOf(stage)}.grants`,
  blockConnection: true,
  blockTimeMS: ms,
})

test('a process that is killed while a request takes the place of another leaves one of them to be answered, and keeps no end', async () => {
  const mongod = await aBreakableMongod()
  const gate = await aGate()
  const stage = await aStage({
    mongodb: mongod.uri,
    catalog: (cast) =>
      gateCatalog(cast, {
        duration: '10m',
        more: `        review: { stages: [{ approvers: { groups: ["@dba"] }, remind: [10s] }] }
      other:
        name: The other gate
        target: { gate: other }
        who: '"@contractors" in groups'
        duration: { default: 20s, max: 1h, choices: [20s] }
        warn: 5s
`,
      }),
    env: gate.env,
    started: false,
  })
  const { riley, ada, orders } = stage
  const dying = curfew(['start'], stage.environment)
  await dying.says('curfew is running', 40_000)
  const other = aReason()
  await asks(riley, 'gate other', other)
  const otherCard = await ada.sees(other, orders, patient)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.sees(reason, orders, patient)
  await ada.clicks('Approve 20 s', otherCard)
  await riley.sees(/You have The other gate/, 'dm', patient)
  const givenMs = performance.now()

  await mongod.failPoint({ times: 1 }, slowGrant(stage, 30_000))
  const newer = aReason()
  await riley.runs(`/request-access gate open ${newer}`)
  await riley.modal('For how long?', patient)
  riley.submits().catch(() => undefined)
  await eventually(
    () => mongod.client.db(databaseOf(stage)).collection('grants').countDocuments({ status: 'withdrawn' }),
    (withdrawn) => withdrawn === 1,
  )
  dying.kill('SIGKILL')
  await dying.exited
  // Perhaps it was killed before it sent that insert: the next one is not to be held up in its place.
  await mongod.failPoint('off', {})

  // All of the time that nobody runs.
  await sleep(Math.max(0, givenMs + 20_000 - performance.now()))
  await stage.startApp()
  listenToLog(stage.app.world.log)
  const startedMs = performance.now()
  await eventually(
    async () => [...gate.holders],
    (holders) => holders.length === 0,
  )
  expect(performance.now() - startedMs).toBeLessThan(8_000)
  const card = await ada.sees(newer, orders, patient)
  const open = (await grantsOf(stage, riley)).filter((grant) => grant.entitlement.id === 'open')
  expect(open.map(({ status }) => status).sort()).toEqual(['pending', 'withdrawn'])
  await ada.clicks('Approve 10 min', card)
  await riley.sees(/You have Open the gate/, 'dm', patient)
}, 120_000)

test('a quota is never exceeded, though the write of what takes the place of another is slow', async () => {
  const mongod = await aBreakableMongod()
  const gate = await aGate()
  const stage = await aStage({
    mongodb: mongod.uri,
    catalog: (cast) =>
      gateCatalog(cast, {
        duration: '10m',
        more: '        auto: [{ because: a little, when: "true", max: 5m, quota: { uses: 1, per: 7d } }]\n',
      }),
    env: gate.env,
  })
  listenToLog(stage.app.world.log)
  const { world } = stage.app
  const older = await asked(stage, { durationMs: 600_000 })
  expect(older.status).toBe('pending')
  await mongod.failPoint({ times: 1 }, slowGrant(stage, 9_000))
  const outcome = granted(await requestAccess(world, anAsk(stage, { durationMs: 240_000 })))
  expect(outcome.auto).not.toBe(null)
  await becomes(stage, outcome.id, 'active')
  const { subject } = outcome
  const endedAt = world.clock.now()
  granted(
    await world.grants.change(outcome.id, (grant, now) =>
      transition(grant, { type: 'end', cause: 'released', by: subject, note: null, takeAt: endedAt }, now),
    ),
  )
  await becomes(stage, outcome.id, 'ended')
  // Once in seven days: the second time is for people to decide.
  const second = await asked(stage, { durationMs: 240_000 })
  expect(said(second)).toBe('pending')
}, 120_000)
