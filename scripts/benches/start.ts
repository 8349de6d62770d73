import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { startNodeProcess, type AppProcess } from '../app-process.ts'
import { buildApp } from '../build-app.ts'
import { benchCatalog, systemVariables } from './catalog.ts'
import { startPart } from './part.ts'
import { atMost, quantile, rounded, type Report } from './report.ts'
import { connectedTo, cpuMsOf, databaseOf, runBench, startCurfew, troubles, type Bench } from './run-bench.ts'

const starts = 5
const people = 20
const resources = 20
/** What starting leaves behind is over by then. */
const settleMs = 10_000
const idleMs = 30_000
const bytesAMegabyte = 1024 ** 2

/** One app with a Slack and a database of its own, started again and again. */
interface Lane {
  readonly name: string
  readonly readyMs: number[]
  start(): Promise<AppProcess>
}

await runBench(async (bench): Promise<Report> => {
  await buildApp()
  const mongod = await startMongod({ replicaSet: true })
  bench.atEnd(() => mongod.stop())
  const own = await aCurfew(bench, databaseOf(mongod.uri, 'curfew_bench'))
  const bare = await aBareApp(bench, databaseOf(mongod.uri, 'bare_bench'))
  const lanes = [own, bare]
  // The files are read and the indexes made, as with every start but the first.
  for (const lane of lanes) await (await lane.start()).stop()
  for (let round = 1; round < starts; round++) {
    for (const lane of round % 2 === 0 ? lanes : [...lanes].reverse()) {
      const app = await lane.start()
      lane.readyMs.push(app.readyMs)
      await app.stop()
    }
  }
  const [curfew, plain] = await idle(bench, own, bare)
  return {
    bench: 'start',
    what: 'a process being started → it says that it runs; and what it holds and uses while nobody asks for anything',
    rows: [curfew.row, plain.row],
    goals: [
      atMost(
        'curfew, until ready, beside 1.3 × the bare app (ms)',
        1.3 * plain.row.readyMs,
        curfew.row.readyMs,
      ),
      atMost(
        'curfew, idle memory, beside 1.3 × the bare app (RSS, MB)',
        1.3 * plain.row.rssMB,
        curfew.row.rssMB,
      ),
      atMost('curfew, idle CPU (% of a core)', 2, curfew.row.idlePercent),
    ],
    notes: [
      `readyMs: the median of ${starts} starts in turns, after one each that is not counted`,
      `rssReadyMB: as it says that it runs; rssMB, heapMB: after ${(settleMs + idleMs) / 1_000} s in which nobody asked for anything; nothing is collected for it`,
      `idlePercent: CPU time over the last ${idleMs / 1_000} s of them, both idle at the same time`,
      'bare app: Bolt with Socket Mode, mongoose, Agenda, winston and zod, connected and started, no listeners',
      ...troubles(curfew.app),
    ],
  }
})

/** The last start of each, which then idle side by side. */
async function idle(bench: Bench, ...lanes: readonly [Lane, Lane]) {
  const [first, second] = lanes
  const running = [await begin(first), await begin(second)] as const
  await sleep(settleMs)
  const cpuMs = await Promise.all(running.map(({ app }) => cpuMsOf(app.pid)))
  const startedAtMs = performance.now()
  await sleep(idleMs)
  const tookMs = performance.now() - startedAtMs
  const [one, other] = running
  return [await end(one, cpuMs[0] ?? NaN), await end(other, cpuMs[1] ?? NaN)] as const

  async function begin(lane: Lane) {
    const app = await lane.start()
    bench.atEnd(() => app.stop())
    lane.readyMs.push(app.readyMs)
    return { lane, app, atReady: await app.memory() }
  }

  async function end({ lane, app, atReady }: Awaited<ReturnType<typeof begin>>, before: number) {
    const { rss, heapUsed } = await app.memory()
    const row = {
      name: lane.name,
      n: lane.readyMs.length,
      readyMs: rounded(quantile(lane.readyMs, 0.5)),
      slowestMs: rounded(quantile(lane.readyMs, 1)),
      rssReadyMB: megabytes(atReady.rss),
      rssMB: megabytes(rss),
      heapMB: megabytes(heapUsed),
      idlePercent: rounded((100 * ((await cpuMsOf(app.pid)) - before)) / tookMs),
    }
    return { app, row }
  }
}

function megabytes(bytes: number): number {
  return rounded(bytes / bytesAMegabyte)
}

async function aSlack(bench: Bench): Promise<Workspace> {
  const workspace = await startWorkspace({ command: '/request-access', keepCalls: 0 })
  bench.atEnd(() => workspace.close())
  workspace.addPerson({ name: 'Ada', email: 'ada@acme.example' })
  const members = Array.from({ length: people }, (_, i) =>
    workspace.addPerson({ name: `Person ${i}`, email: `person-${i}@acme.example` }),
  )
  workspace.addGroup({ handle: 'engineering', members })
  return workspace
}

async function aCurfew(bench: Bench, mongodbUri: string): Promise<Lane> {
  const workspace = await aSlack(bench)
  const channel = workspace.addChannel({ name: 'access', app: true })
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const environment = systemVariables({ url, secret: `whsec_${randomBytes(32).toString('base64')}` })
  const catalog = benchCatalog(channel, { resources })
  return {
    name: 'curfew',
    readyMs: [],
    start: () => startCurfew({ workspace, mongodbUri, catalog, environment, tellsMemory: true }),
  }
}

async function aBareApp(bench: Bench, mongodbUri: string): Promise<Lane> {
  const workspace = await aSlack(bench)
  const environment = connectedTo(workspace, mongodbUri)
  return {
    name: 'bare app',
    readyMs: [],
    start: () =>
      startNodeProcess([join(import.meta.dirname, 'bare-start.mjs')], {
        environment,
        running: 'the bare app is running',
        tellsMemory: true,
      }),
  }
}
