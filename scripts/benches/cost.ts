import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { benchCatalog, systemVariables } from './catalog.ts'
import { startPart, type Part } from './part.ts'
import { atMost, rounded, type Report } from './report.ts'
import { databaseOf, runBench, type Bench } from './run-bench.ts'

const perSecond = 4
const idleMs = 20_000
const lastsMs = 16_000
const warnMs = 9_000
const patience = { withinMs: 60_000 }
const resources = 20

const serverStatus = z.object({
  metrics: z.object({
    commands: z.record(z.string(), z.unknown()),
    queryExecutor: z.object({ scannedObjects: z.coerce.number() }),
  }),
})
const counted = [
  'find',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'aggregate',
  'count',
  'distinct',
  'getMore',
]

/** One app, and the local Slack, the server and the people that it works with. */
interface Lane {
  readonly name: string
  readonly app: Part
  readonly people: readonly Person[]
  readonly calls: Map<string, number>
  live(person: Person, i: number): Promise<void>
}

interface Cost {
  readonly commands: Readonly<Record<string, number>>
  readonly documents: number
  readonly cpuMs: number
  readonly slack: Readonly<Record<string, number>>
}

await runBench(async (bench): Promise<Report> => {
  const lives = Math.min(bench.grants, 200)
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const client = await new MongoClient(mongod.uri).connect()
  bench.atEnd(() => client.close())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const found = new Map<string, Cost>()
  for (const make of [aCurfew, aBareApp]) {
    const lane = await make(bench, { url, mongodbUri: (name) => databaseOf(mongod.uri, name), lives })
    found.set(lane.name, await costOf(lane, client, lives))
    await lane.app.stop()
  }
  const own = found.get('curfew')
  const bare = found.get('bare app')
  if (!own || !bare) throw new Error('nothing was measured')
  const commandsOf = ({ commands }: Cost) => sum(Object.values(commands))
  const writesOf = ({ slack }: Cost) => (slack['chat.postMessage'] ?? 0) + (slack['chat.update'] ?? 0)
  return {
    bench: 'cost',
    what: 'a whole life, asked, approved, given, warned and ended, beyond what the idle app costs',
    rows: [...found].map(([name, cost]) => ({
      name,
      n: lives,
      commands: rounded(commandsOf(cost)),
      documents: cost.documents,
      messages: rounded(writesOf(cost)),
      cpuMs: cost.cpuMs,
    })),
    goals: [
      atMost('curfew, commands to MongoDB a life', 40, commandsOf(own)),
      atMost('curfew, documents examined a life', 60, own.documents),
      atMost('curfew, messages posted or edited a life', 9, writesOf(own)),
      atMost('curfew, CPU a life beside 2 × the bare app (ms)', 2 * bare.cpuMs, own.cpuMs),
    ],
    notes: [
      `${lives} lives of ${lastsMs / 1_000} s, ${perSecond} begun a second, each of another person, by real clicks; neither app waits for Slack's pace`,
      ...[...found].map(([name, cost]) => `${name}, commands: ${said(cost.commands)}`),
      ...[...found].map(([name, cost]) => `${name}, calls to Slack: ${said(cost.slack)}`),
    ],
  }
})

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0)
}

function said(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => Math.abs(count) >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

interface Surroundings {
  readonly url: string
  readonly lives: number
  mongodbUri(name: string): string
}

async function aSlack(bench: Bench, lives: number) {
  const workspace = await startWorkspace({
    command: '/request-access',
    shortcuts: ['request_access'],
    keepCalls: 1,
    triggerMs: 10_000,
    ackMs: 10_000,
  })
  bench.atEnd(() => workspace.close())
  const channel = workspace.addChannel({ name: 'access', app: true })
  const ada = workspace.addPerson({ name: 'Ada', email: 'ada@acme.example', channels: [channel] })
  const people = Array.from({ length: lives + 1 }, (_, i) =>
    workspace.addPerson({ name: `Person ${i}`, email: `person-${i}@acme.example` }),
  )
  workspace.addGroup({ handle: 'engineering', members: people })
  const calls = new Map<string, number>()
  workspace.changes.on('change', (change) => {
    if (change.what !== 'call') return
    calls.set(change.call.method, (calls.get(change.call.method) ?? 0) + 1)
  })
  const liveUntil = async (person: Person, i: number, text: string, end: RegExp) => {
    await person.runs(`/request-access ${text}`)
    await person.modal('What do you need it for', patience)
    const { outcome } = await person.submits()
    if (outcome !== 'cleared') throw new Error(`the form of ${i} was answered ${outcome}`)
    const card = await ada.sees(`life-${i} `, channel, patience)
    await ada.clicks('Approve 16 s', card)
    await person.sees(end, 'dm', patience)
  }
  return { workspace, channel, people, calls, liveUntil }
}

async function aCurfew(bench: Bench, { url, mongodbUri, lives }: Surroundings): Promise<Lane> {
  const { workspace, channel, people, calls, liveUntil } = await aSlack(bench, lives)
  const rules = `        duration: { default: ${lastsMs / 1_000}s, max: 1h }\n        warn: ${warnMs / 1_000}s\n`
  const folder = join(import.meta.dirname, '../../.cache/bench')
  await mkdir(folder, { recursive: true })
  const catalogPath = join(folder, 'cost.yml')
  await writeFile(catalogPath, benchCatalog(channel, { resources, rules }))
  const app = startPart('curfew-app.ts')
  bench.atEnd(() => app.stop())
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await app.ask({
    what: 'start',
    ...botOf(workspace),
    mongodbUri: mongodbUri('curfew_bench'),
    catalogPath,
    environment: systemVariables({ url, secret }),
  })
  const live = (person: Person, i: number) =>
    liveUntil(
      person,
      i,
      `service-${(i % resources) + 1} read ${lastsMs / 1_000}s life-${i} is what this is for`,
      /ended|is over|gone/i,
    )
  return { name: 'curfew', app, people, calls, live }
}

async function aBareApp(bench: Bench, { url, mongodbUri, lives }: Surroundings): Promise<Lane> {
  const { workspace, channel, people, calls, liveUntil } = await aSlack(bench, lives)
  const app = startPart('bare-app.ts')
  bench.atEnd(() => app.stop())
  await app.ask({
    what: 'start',
    ...botOf(workspace),
    mongodbUri: mongodbUri('bare_bench'),
    url,
    channel: channel.id,
    lastsMs,
    warnMs,
  })
  const live = (person: Person, i: number) =>
    liveUntil(person, i, `life-${i} is what this is for`, /it is gone/)
  return { name: 'bare app', app, people, calls, live }
}

function botOf({ botToken, appToken, apiUrl }: Workspace) {
  return { botToken, appToken, slackApiUrl: apiUrl }
}

async function costOf(lane: Lane, client: MongoClient, lives: number): Promise<Cost> {
  const [first, ...others] = lane.people
  if (first === undefined) throw new Error('nobody to live')
  // The code is warm.
  await lane.live(first, others.length + 1)
  await sleep(3_000)
  const beforeIdle = await countsOf(lane, client)
  await sleep(idleMs)
  const before = await countsOf(lane, client)
  const startedAtMs = performance.now()
  const running: Promise<void>[] = []
  for (const [i, person] of others.entries()) {
    const waitMs = startedAtMs + (i * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    running.push(lane.live(person, i))
  }
  await Promise.all(running)
  // What is told last may still be under way.
  await sleep(5_000)
  const after = await countsOf(lane, client)
  const idle = (key: string) =>
    ((before.get(key) ?? 0) - (beforeIdle.get(key) ?? 0)) / (before.atMs - beforeIdle.atMs)
  const perLife = (key: string) =>
    rounded(((after.get(key) ?? 0) - (before.get(key) ?? 0) - idle(key) * (after.atMs - before.atMs)) / lives)
  const of = (prefix: string) =>
    Object.fromEntries(
      [...after.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), perLife(key)]),
    )
  return {
    commands: of('command '),
    slack: of('slack '),
    documents: perLife('documents'),
    cpuMs: perLife('cpu'),
  }
}

async function countsOf(lane: Lane, client: MongoClient): Promise<Map<string, number> & { atMs: number }> {
  const { metrics } = serverStatus.parse(await client.db('admin').command({ serverStatus: 1 }))
  const found = new Map<string, number>()
  for (const name of counted) {
    const { total } = z.object({ total: z.coerce.number() }).parse(metrics.commands[name])
    found.set(`command ${name}`, total)
  }
  found.set('documents', metrics.queryExecutor.scannedObjects)
  found.set('cpu', z.number().parse(await lane.app.ask({ what: 'cpu' })))
  for (const [method, times] of lane.calls) found.set(`slack ${method}`, times)
  return Object.assign(found, { atMs: performance.now() })
}
