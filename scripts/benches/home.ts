import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { benchCatalog } from './catalog.ts'
import { aSlack, curfewWith, resources } from './lives.ts'
import { startPart, type Part } from './part.ts'
import { atMost, rounded, spread, type Report } from './report.ts'
import { databaseOf, runBench, type Bench } from './run-bench.ts'

const leadCount = 10
/** So many people ask at once, and so many open their Home a second. */
const atOnce = 20
const perSecond = 5
const blockSeconds = 4
const patienceMs = 30_000
const shownWithinMs = 120_000

/** Somebody who opens their Home, and how long each time took until it was published. */
interface Viewer {
  readonly name: string
  readonly people: readonly Person[]
  readonly tookMs: number[]
}

interface Lane {
  readonly app: Part
  readonly viewers: readonly Viewer[]
  opens(viewer: Viewer, person: Person): Promise<void>
}

await runBench(
  async (bench): Promise<Report> => {
    const mongod = await startMongod({ replicaSet: true })
    bench.atEnd(() => mongod.stop())
    const target = startPart('webhook-target.ts')
    bench.atEnd(() => target.stop())
    const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
    const lane = (pending: number) =>
      aLane(bench, { url, pending, mongodbUri: databaseOf(mongod.uri, `home_${pending}`) })
    const lanes = [await lane(bench.grants), await lane(0)]
    // The code is warm, and everybody is remembered.
    for (const one of lanes) await open(one, { turns: leadCount, isCounted: false })
    let [asked, missing] = [0, 0]
    const cpuMs = new Map<Lane, number>()
    for (let round = 0; asked < bench.seconds; round++, asked += blockSeconds) {
      for (const one of round % 2 === 0 ? lanes : [...lanes].reverse()) {
        const beforeMs = await cpuOf(one.app)
        missing += await open(one, { turns: perSecond * blockSeconds, isCounted: true })
        cpuMs.set(one, (cpuMs.get(one) ?? 0) + (await cpuOf(one.app)) - beforeMs)
      }
    }
    const rows = lanes.flatMap((one) => {
      const cpuMsEach = rounded((cpuMs.get(one) ?? NaN) / counted(one.viewers))
      return one.viewers.map(({ name, tookMs }) => ({ name, n: tookMs.length, ...spread(tookMs), cpuMsEach }))
    })
    return {
      bench: 'home',
      what: 'the event that a Home tab was opened leaving Slack → its views.publish arriving at Slack',
      rows,
      goals: [
        ...rows.slice(0, 3).map(({ name, p99Ms }) => atMost(`${name}, p99 (ms)`, 150, p99Ms)),
        atMost('opened and never published', 0, missing),
      ],
      notes: [
        `${bench.grants} people wait, each for another thing of ${resources * 5}, all for the same ${leadCount} approvers; one of those is an admin of everything too`,
        `${perSecond} opened a second, in turn by each kind of viewer, whether or not the one before was published; in blocks of ${blockSeconds} s, in turn with an app where nobody waits; Slack's limits are off`,
        'cpuMsEach: CPU time of the process for each opened, whoever opened it, with what it does beside',
      ],
    }
  },
  { grants: 500 },
)

/** Curfew where so many wait for an answer, each shown on its card. */
async function aLane(
  bench: Bench,
  { url, pending, mongodbUri }: { url: string; pending: number; mongodbUri: string },
): Promise<Lane> {
  const slack = await aSlack(bench, Math.max(pending, 1))
  const { workspace, channel, people, ada } = slack
  const leads = Array.from({ length: leadCount - 1 }, (_, i) =>
    workspace.addPerson({ name: `Lead ${i}`, email: `lead-${i}@acme.example`, channels: [channel] }),
  )
  workspace.addGroup({ handle: 'leads', members: [ada, ...leads] })
  const catalog = benchCatalog(channel, { resources, approvers: 'groups: ["@leads"]' })
  const app = await curfewWith(bench, { name: `home-${pending}`, slack, url, mongodbUri, catalog })
  const connection = await mongoose.createConnection(mongodbUri, { autoIndex: false }).asPromise()
  bench.atEnd(() => connection.close())
  const asking = people.slice(0, pending).entries()
  const ask = async () => {
    for (const [i, person] of asking) {
      const verb = ['read', 'write', 'deploy', 'debug', 'admin'][Math.floor(i / resources) % 5]
      await person.runs(
        `/request-access service-${(i % resources) + 1} ${verb} 2h INC-${i}: orders stuck in paid`,
      )
      await person.modal('What do you need it for', { withinMs: patienceMs })
      const { outcome } = await person.submits()
      if (outcome !== 'cleared') throw new Error(`the form of ${i} was answered ${outcome}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, ask))
  const grants = connection.collection('grants')
  const untilMs = performance.now() + shownWithinMs
  while ((await grants.countDocuments({ status: 'pending', unshown: false })) < pending) {
    if (performance.now() > untilMs) throw new Error('not all that is asked for is shown')
    await sleep(200)
  }
  const waiting = new Map<string, (atMs: number) => void>()
  workspace.changes.on('change', (change) => {
    if (change.what !== 'call' || change.call.method !== 'views.publish') return
    waiting.get(String(change.call.args['user_id']))?.(change.call.atMs)
  })
  const named = (who: string) => (pending > 0 ? `${who}, ${pending} wait` : `${who}, nobody waits`)
  return {
    app,
    viewers: [
      { name: named('an approver of all'), people: leads, tookMs: [] },
      { name: named('one who is an admin too'), people: [ada], tookMs: [] },
      { name: named('somebody who asked'), people: people.slice(0, 50), tookMs: [] },
    ],
    opens: async ({ tookMs }, person) => {
      const published = new Promise<number>((resolve) => waiting.set(person.id, resolve))
      const sentAtMs = performance.now()
      await person.opensHome()
      const atMs = await Promise.race([published, sleep(patienceMs, null, { ref: false })])
      waiting.delete(person.id)
      if (atMs !== null) tookMs.push(atMs - sentAtMs)
    },
  }
}

/** At an even pace, each kind of viewer in turn. Returns how many were never published. */
async function open(
  { viewers, opens }: Lane,
  { turns, isCounted }: { turns: number; isCounted: boolean },
): Promise<number> {
  const before = counted(viewers)
  const startedAtMs = performance.now()
  const opened: Promise<void>[] = []
  for (let i = 0; i < turns; i++) {
    const waitMs = startedAtMs + (i * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const viewer = viewers[i % viewers.length]
    const person = viewer?.people[Math.floor(i / viewers.length) % viewer.people.length]
    if (viewer === undefined || person === undefined) continue
    opened.push(opens(isCounted ? viewer : { ...viewer, tookMs: [] }, person))
  }
  await Promise.all(opened)
  return isCounted ? turns - (counted(viewers) - before) : 0
}

function counted(viewers: readonly Viewer[]): number {
  return viewers.reduce((all, { tookMs }) => all + tookMs.length, 0)
}

async function cpuOf(app: Part): Promise<number> {
  return z.number().parse(await app.ask({ what: 'cpu' }))
}
