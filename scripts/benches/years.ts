import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import mongoose, { type Connection } from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { writeActiveGrants, type Holder } from './active-grants.ts'
import { benchCatalog, benchSystem } from './catalog.ts'
import { commandsOf, costOf, type Cost } from './cost-of.ts'
import { writeLargeCatalog } from './large-catalog.ts'
import { aLane, aSlack, curfewBy, curfewWith, resources, rules, type LaneSlack } from './lives.ts'
import { liveOnce } from './live-once.ts'
import { longRecord } from './long-record.ts'
import { writeOldLives } from './old-lives.ts'
import { startPart, type Part } from './part.ts'
import { callsTo, patienceMs } from './plainly.ts'
import { atMost, quantile, rounded, spread, type Goal, type Report } from './report.ts'
import { databaseOf, runBench, type Bench } from './run-bench.ts'

const lives = 40
const slackPeople = 300
const ending = 200
const opened = 400
const turns = 10
const perSecond = 10
const starts = 3
const inOneInsert = 5_000
/** A Home tab shows no more of what is over. */
const atHomeEach = 10
const longestMs = 5_400_000

interface Era {
  readonly name: string
  readonly slack: LaneSlack
  readonly connection: Connection
  readonly mongodbUri: string
  start(): Promise<Part>
}

interface Opens {
  readonly forms: number[]
  readonly homes: number[]
}

interface Found {
  readonly name: string
  readonly startMs: number
  readonly opens: Opens
  readonly cost: Cost
  readonly takes: Awaited<ReturnType<typeof callsTo>>
}

await runBench(
  async (bench): Promise<Report> => {
    const mongod = await startMongod({ replicaSet: true, cacheGB: 2 })
    bench.atEnd(() => mongod.stop())
    const client = await new MongoClient(mongod.uri).connect()
    bench.atEnd(() => client.close())
    const target = startPart('webhook-target.ts')
    bench.atEnd(() => target.stop())
    const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
    const era = async (name: string): Promise<Era> => {
      const slack = await aSlack(bench, slackPeople)
      const mongodbUri = databaseOf(mongod.uri, `${name}_bench`)
      const connection = await mongoose.createConnection(mongodbUri, { autoIndex: false }).asPromise()
      bench.atEnd(() => connection.close())
      const catalog = benchCatalog(slack.channel, { resources, rules: rules() })
      const start = () => curfewWith(bench, { name, slack, url, mongodbUri, catalog })
      const first = await start()
      await liveOnce(aLane(slack, first), connection, slackPeople)
      await first.stop()
      return { name, slack, connection, mongodbUri, start }
    }
    const young = await withWeeks(await era('young'))
    const begunMs = performance.now()
    const old = await withYears(bench, await era('years'), url)
    const madeS = Math.round((performance.now() - begunMs) / 1_000)
    const [before, after] = await measure([young, old], { client, target })
    const found = [before, after]
    const times = (what: string, of: (one: Found) => number): Goal =>
      atMost(`${what}, times those without`, 1.1, of(after) / of(before))
    return {
      bench: 'years',
      what: 'what others measure, with years of grants, entries, people and a large catalog, beside the same without',
      rows: found.map(({ name, startMs, opens, cost, takes }) => ({
        name,
        n: lives,
        startMs,
        formP50Ms: spread(opens.forms).p50Ms,
        formP99Ms: spread(opens.forms).p99Ms,
        homeP50Ms: spread(opens.homes).p50Ms,
        homeP99Ms: spread(opens.homes).p99Ms,
        takeP50Ms: takes.p50Ms,
        takeP99Ms: takes.p99Ms,
        commands: rounded(commandsOf(cost)),
        documents: cost.documents,
        cpuMs: cost.cpuMs,
      })),
      goals: [
        atMost('until it is ready, with years (ms)', 10_000, after.startMs),
        times('forms opened, the median', ({ opens }) => quantile(opens.forms, 0.5)),
        times('forms opened, p99', ({ opens }) => quantile(opens.forms, 0.99)),
        times('Home tabs, the median', ({ opens }) => quantile(opens.homes, 0.5)),
        times('Home tabs, p99', ({ opens }) => quantile(opens.homes, 0.99)),
        times('takes, the median', ({ takes }) => takes.p50Ms),
        times('takes, p99', ({ takes }) => takes.p99Ms),
        times('commands a life', ({ cost }) => commandsOf(cost)),
        times('documents a life', ({ cost }) => cost.documents),
        times('CPU a life', ({ cost }) => cost.cpuMs),
      ],
      notes: [
        `${bench.grants} old grants, ${bench.entries} entries of a record with their holdings, ${bench.people} people in the database, ${bench.entitlements} entitlements in 200 files; made in ${madeS} s`,
        `startMs: the median of ${starts}, from being asked to start to running, without loading the code; forms and Home tabs: ${opened} of each, ${perSecond} a second, in turns; takes: ${ending} ends at one instant, without Slack; a life as in cost, ${lives} of them`,
        'not paced by Slack; the record is of before: the app appends nothing to it',
      ],
    }
  },
  { grants: 1_000_000, longestMs },
)

/** Everybody's Home tab is as full as after years. */
async function withWeeks(era: Era): Promise<Era> {
  const { slack, connection } = era
  const { people } = slack
  const { teamId } = slack.workspace
  await writeOldLives(connection, { count: atHomeEach * people.length, people, teamId, resources })
  return era
}

async function withYears(bench: Bench, era: Era, url: string): Promise<Era> {
  const { slack, connection, mongodbUri } = era
  const { teamId } = slack.workspace
  const count = bench.grants
  await writeOldLives(connection, { count, people: slack.people, teamId, resources })
  await longRecord(connection, { id: 'bench', bytes: randomBytes(32) }, bench.entries)
  const people = connection.collection<{ _id: string }>('people')
  for (let from = 0; from < bench.people; from += inOneInsert) {
    const some = Array.from({ length: Math.min(inOneInsert, bench.people - from) }, (_, k) => {
      const email = `somebody-${from + k}@acme.example`
      const userId = `UOLD${from + k}`
      return {
        _id: `old-${from + k}`,
        slack: { teamId, userId },
        name: `Somebody ${from + k}`,
        email,
        emailKey: email,
      }
    })
    await people.insertMany(some, { ordered: false, writeConcern: { w: 1 } })
  }
  const catalogPath = join(import.meta.dirname, '../../.cache/bench/years')
  const { entitlements } = bench
  await writeLargeCatalog(catalogPath, slack.channel, { entitlements, resources, rules: rules() })
  return { ...era, start: () => curfewBy(bench, { catalogPath, slack, url, mongodbUri }) }
}

interface Started {
  readonly era: Era
  readonly app: Part
  readonly startMs: number
}

/** Both run at once, and each in turn has something to do: the machine is never the same for long. */
async function measure(
  [young, old]: readonly [Era, Era],
  parts: { client: MongoClient; target: Part },
): Promise<readonly [Found, Found]> {
  const both = [await startAgain(young), await startAgain(old)] as const
  await sleep(5_000)
  for (const { era } of both) await openAll(era.slack, 20)
  const opens = both.map(() => ({ forms: [] as number[], homes: [] as number[] })) as [Opens, Opens]
  for (let turn = 0; turn < turns; turn++) {
    for (const at of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { forms, homes } = await openAll(both[at].era.slack, opened / turns)
      opens[at].forms.push(...forms)
      opens[at].homes.push(...homes)
    }
  }
  const rest = async ({ era, app, startMs }: Started, its: Opens): Promise<Found> => {
    const takes = await endAll(era.slack, era.connection, parts.target)
    const cost = await costOf(aLane(era.slack, app), parts.client, lives)
    await app.stop()
    return { name: era.name, startMs, opens: its, cost, takes }
  }
  return [await rest(both[0], opens[0]), await rest(both[1], opens[1])]
}

async function startAgain(era: Era): Promise<Started> {
  const readyMs: number[] = []
  for (let i = 1; ; i++) {
    const begunMs = performance.now()
    const app = await era.start()
    readyMs.push(performance.now() - begunMs)
    if (i === starts) return { era, app, startMs: rounded(quantile(readyMs, 0.5)) }
    await app.stop()
  }
}

/** So many forms and Home tabs, in turn and at an even pace. */
async function openAll({ workspace, people }: LaneSlack, count: number) {
  const waiting = new Map<string, (atMs: number) => void>()
  const heard = (change: Parameters<Parameters<typeof workspace.changes.on<'change'>>[1]>[0]): void => {
    if (change.what !== 'call') return
    const { method, args, atMs } = change.call
    if (method === 'views.publish') waiting.get(`home ${String(args['user_id'])}`)?.(atMs)
    if (method === 'views.open') waiting.get('form')?.(atMs)
  }
  workspace.changes.on('change', heard)
  const took = { forms: [] as number[], homes: [] as number[] }
  const timed = async (key: string, act: () => Promise<unknown>): Promise<number> => {
    const arrived = new Promise<number>((resolve) => waiting.set(key, resolve))
    const sentAtMs = performance.now()
    await act()
    const atMs = await Promise.race([arrived, sleep(patienceMs, Infinity, { ref: false })])
    waiting.delete(key)
    return atMs - sentAtMs
  }
  for (let i = 0; i < count; i++) {
    const person = people[i % 50]
    if (person === undefined) throw new Error('nobody is there')
    const nextMs = performance.now() + 1_000 / perSecond
    took.forms.push(
      await timed('form', () => person.runs('/request-access service-7 read 2h INC-123: orders')),
    )
    await person.closesModal({ everything: true })
    took.homes.push(await timed(`home ${person.id}`, () => person.opensHome()))
    await sleep(Math.max(0, nextMs - performance.now()))
  }
  workspace.changes.off('change', heard)
  return took
}

/** Two hundred end at one instant, each of another person. */
async function endAll({ workspace, channel }: LaneSlack, connection: Connection, target: Part) {
  const holders = Array.from({ length: ending }, (_, i): Holder => {
    const principal = `holder-${i}`
    const { id: userId } = workspace.addPerson({ name: principal, email: `${principal}@acme.example` })
    return { principal, userId, teamId: workspace.teamId }
  })
  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const endsAt = new Date(Date.now() + 20_000)
  const posted = { channel: channel.id, ts: '1700000000.000100' }
  await writeActiveGrants(connection, { holders, system: benchSystem, endsAt, posted, isShown: false })
  const isDone = async () => (await connection.collection('grants').countDocuments({ isOpen: true })) === 0
  await sleep(endsAt.getTime() - Date.now())
  while (!(await isDone())) {
    if (Date.now() > endsAt.getTime() + patienceMs) throw new Error('the grants do not end')
    await sleep(50)
  }
  return callsTo(target, 'take', endsAt.getTime())
}
