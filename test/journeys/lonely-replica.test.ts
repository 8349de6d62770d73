import { jest } from '@jest/globals'
import { Agenda } from 'agenda'
import { MongoClient } from 'mongodb'
import { setTimeout as sleep } from 'node:timers/promises'
import { unobserved } from '../../src/domain/ports/observe.ts'
import { untraced } from '../../src/domain/ports/trace.ts'
import { startJobs, type Job } from '../../src/jobs.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoTicks } from '../../src/mongo/ticks.ts'
import { aDatabase } from '../support/database.ts'
import { aStage } from '../support/curfew.ts'
import { freePort } from '../support/free-port.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { eventually, listenToLog } from './acts.ts'
import { curfew } from './app-process.ts'
import { asked, becomes, yes } from './at-the-gate.ts'

/** One replica alone cannot reach Slack, and another can. */

test('what starts later starts at its time, whichever of them sweeps', async () => {
  const gate = await aGate()
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const more = names
    .map(
      (name) => `      ${name}:
        name: Gate ${name}
        target: { gate: ${name} }
        who: '"@contractors" in groups'
        ahead: 1d
        duration: { default: 10m, max: 1h, choices: [10m] }
`,
    )
    .join('')
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast, { more }), env: gate.env })
  listenToLog(stage.app.world.log)
  const away = `http://127.0.0.1:${await freePort()}/api/`
  const lonely = curfew(['start'], { ...stage.environment, SLACK_API_URL: away })
  await lonely.says('waiting for Slack', 40_000)
  const client = await new MongoClient(stage.environment['MONGODB_URI'] ?? '').connect()
  afterThis(() => client.close())
  await eventually(
    () => client.db().collection('replicas').find().toArray(),
    (replicas) =>
      replicas
        .map(({ reachesSlack }) => String(reachesSlack))
        .sort()
        .join() === 'false,true',
  )
  const firstAt = Date.now() + 15_000
  const waiting = []
  for (const [i, entitlement] of names.entries()) {
    const startsAt = new Date(firstAt + i * 2_000)
    waiting.push({ startsAt, grant: await yes(stage, await asked(stage, { entitlement, startsAt })) })
  }
  const lateMs = await Promise.all(
    waiting.map(async ({ grant, startsAt }) => {
      const active = await becomes(stage, grant.id, 'active', 60_000)
      return active.activeAt.getTime() - startsAt.getTime()
    }),
  )
  expect(Math.max(...lateMs)).toBeLessThan(5_000)
}, 120_000)

/** Starts one replica's jobs after another, all on one database. */
async function replicasOfOneDatabase() {
  const { connection, drop } = await aDatabase()
  afterThis(drop)
  const clock = mongoClock(connection)
  await clock.sample()
  const ticks = mongoTicks(connection)
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  return (leavesSlackToOthers: () => boolean, table: readonly Job[]) =>
    startJobs({ log, clock, observe: unobserved, trace: untraced, leavesSlackToOthers }, connection, {
      ticks,
      table,
    })
}

test('a job that only the other can do is done by the other, in time, and noted by nobody else', async () => {
  const startsOne = await replicasOfOneDatabase()
  const runs = { lonely: 0, other: [] as number[] }
  const table = (isLonely: boolean): Job[] => [
    {
      name: 'look',
      everyMs: 1_000,
      lockMs: 5_000,
      overdueMs: 1_500,
      needsSlack: true,
      run: async () => {
        if (isLonely) runs.lonely += 1
        else runs.other.push(performance.now())
      },
    },
  ]
  const replica = (isLonely: boolean) => startsOne(() => isLonely, table(isLonely))
  const [lonely, other] = [await replica(true), await replica(false)]
  await sleep(12_000)
  await Promise.all([lonely.stop(), other.stop()])
  expect(runs.lonely).toBe(0)
  const gapsMs = runs.other.map((atMs, i) => atMs - (runs.other[i - 1] ?? atMs))
  expect(runs.other.length).toBeGreaterThan(2)
  expect(Math.max(...gapsMs)).toBeLessThan(3_000)
}, 60_000)

test('a job that the clock of one who died put to sleep is run by another as soon as it is overdue', async () => {
  const { connection, drop } = await aDatabase()
  afterThis(drop)
  const clock = mongoClock(connection)
  await clock.sample()
  const ranAtMs: number[] = []
  const asleep = () =>
    connection
      .collection('jobs')
      .updateMany({}, { $set: { nextRunAt: new Date(Date.now() + 3_600_000), lockedAt: null } })
  const table: Job[] = [
    {
      name: 'sweep',
      everyMs: 1_000,
      lockMs: 2_000,
      overdueMs: 2_500,
      needsSlack: false,
      run: async () => {
        ranAtMs.push(performance.now())
        setTimeout(() => void asleep().catch(() => undefined), 50)
      },
    },
  ]
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  const jobs = await startJobs(
    { log, clock, observe: unobserved, trace: untraced, leavesSlackToOthers: () => false },
    connection,
    { ticks: mongoTicks(connection), table },
  )
  await eventually(
    async () => ranAtMs.length,
    (runs) => runs > 6,
    60_000,
  ).finally(() => jobs.stop())
  const gapsMs = ranAtMs.map((atMs, i) => atMs - (ranAtMs[i - 1] ?? -Infinity)).filter((ms) => ms > 2_500)
  expect(Math.min(...gapsMs)).toBeLessThan(3_600)
}, 90_000)

test('a job that never ends is run again, by a replica that is alone too', async () => {
  const starts = await replicasOfOneDatabase()
  let runs = 0
  const jobs = await starts(
    () => false,
    [
      {
        name: 'look',
        everyMs: 1_000,
        lockMs: 300,
        overdueMs: 1_500,
        needsSlack: false,
        run: async () => {
          runs += 1
          // At the start, and when it is run by Agenda or is overdue.
          if (runs < 3) await new Promise(() => {})
        },
      },
    ],
  )
  afterThis(() => jobs.stop())
  await eventually(
    async () => runs,
    (count) => count >= 3,
    20_000,
  )
}, 30_000)

test('a look during which Slack stopped answering this replica is not noted as one: the other looks within seconds', async () => {
  const startsOne = await replicasOfOneDatabase()
  let isAway = false
  let lookedAtMs: number | null = null
  const table = (run: () => Promise<void>): Job[] => [
    {
      name: 'sweep',
      everyMs: 1_000,
      lockMs: 2_000,
      overdueMs: 3_000,
      needsSlack: false,
      run: async () => {},
    },
    { name: 'held', everyMs: 60_000, lockMs: 60_000, overdueMs: 65_000, needsSlack: true, run },
  ]
  const goes = async () => {
    // Its first reading fails: only now it learns that Slack does not answer it. What it read is nothing.
    isAway = true
  }
  const lonely = await startsOne(() => isAway, table(goes))
  await eventually(
    async () => isAway,
    (it) => it,
  )
  const other = await startsOne(
    () => false,
    table(async () => {
      lookedAtMs ??= performance.now()
    }),
  )
  await eventually(
    async () => lookedAtMs,
    (at) => at !== null,
    20_000,
  ).finally(() => Promise.all([lonely.stop(), other.stop()]))
}, 60_000)

test('a replica that could not even stop taking turns takes them again once Slack answers it', async () => {
  const startsOne = await replicasOfOneDatabase()
  let isAway = false
  let runs = 0
  const stops = jest.spyOn(Agenda.prototype, 'stop')
  // Its last act is a write, and MongoDB is away as well.
  stops.mockImplementationOnce(async () => Promise.reject(new Error('connection closed')))
  const table: Job[] = [
    {
      name: 'tick',
      everyMs: 250,
      lockMs: 2_000,
      overdueMs: 60_000,
      needsSlack: false,
      run: async () => void (runs += 1),
    },
  ]
  const jobs = await startsOne(() => isAway, table)
  isAway = true
  await eventually(
    async () => stops.mock.calls.length,
    (times) => times === 1,
  )
  isAway = false
  await eventually(
    async () => stops.mock.calls.length,
    (times) => times === 2,
  )
  const before = runs
  await eventually(
    async () => runs,
    (now) => now > before + 2,
  )
  await jobs.stop()
  stops.mockRestore()
}, 60_000)
