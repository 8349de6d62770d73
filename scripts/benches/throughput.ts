import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import { benchCatalog } from './catalog.ts'
import { aBareApp, aSlack, curfewWith, lastsMs, resources, rules, type LaneSlack } from './lives.ts'
import { startPart, type Part } from './part.ts'
import { atMost, quantile, rounded, type Report } from './report.ts'
import { cpuMsOf, databaseOf, runBench, type Bench } from './run-bench.ts'

/** So many are asking and being approved at a time: each that is done lets the next begin. */
const asking = 24
const warmLives = 60
const patience = { withinMs: 60_000 }
/** After the last was approved; then what has not ended never will. */
const settlesWithinMs = 120_000
const perCore = 50

const callsSchema = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
})

interface Crew {
  readonly name: string
  readonly replicas: readonly Part[]
  readonly words: (i: number) => string
  readonly end: RegExp
}

await runBench(measureAll, { grants: 600 })

async function measureAll(bench: Bench): Promise<Report> {
  const mongod = await startMongod({ replicaSet: true, cacheGB: 1 })
  bench.atEnd(() => mongod.stop())
  const target = startPart('webhook-target.ts')
  bench.atEnd(() => target.stop())
  const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
  const found: Awaited<ReturnType<typeof measure>>[] = []
  for (const make of [
    (slack: LaneSlack) => curfews(bench, { slack, url, count: 1, mongodbUri: databaseOf(mongod.uri, 'one') }),
    (slack: LaneSlack) =>
      curfews(bench, { slack, url, count: 3, mongodbUri: databaseOf(mongod.uri, 'three') }),
    (slack: LaneSlack) => aBare(bench, { slack, url, mongodbUri: databaseOf(mongod.uri, 'bare') }),
  ]) {
    const slack = await aSlack(bench, warmLives + bench.grants)
    const crew = await make(slack)
    found.push(await measure(bench, { crew, slack, target, mongodPid: mongod.pid ?? NaN }))
    for (const one of crew.replicas) await one.stop()
    await slack.workspace.close()
  }
  const [one, three, bare] = found
  if (!one || !three || !bare) throw new Error('nothing was measured')
  return {
    bench: 'throughput',
    what: 'whole lives a second: asked, approved, given, warned of, ended, read back',
    rows: found,
    goals: [
      atMost(`one replica, CPU a life (ms): ${perCore} a second a core`, 1_000 / perCore, one.cpuMsEach),
      atMost(`three replicas, CPU a life (ms): ${perCore} a second a core`, 1_000 / perCore, three.cpuMsEach),
      atMost('one replica, CPU a life beside 2 × the bare app (ms)', 2 * bare.cpuMsEach, one.cpuMsEach),
      atMost('three replicas, CPU a life beside one (ms)', 1.1 * one.cpuMsEach, three.cpuMsEach),
      atMost('lives that failed', 0, one.failed + three.failed),
    ],
    notes: [
      `${asking} people at a time ask, by real clicks, and are approved, as fast as that goes, until each of ${bench.grants} heard of the end; a life is ${lastsMs / 1_000} s; nobody waits for Slack's pace`,
      'aSecond: lives in the time that all of them took, but for the one that a life lasts, on this machine, whose cores the apps share with MongoDB, the local Slack with all its people, and the system; as the first begin and the last end in less work than those between, it flatters: perCore is what lasts',
      'cpuMsEach: CPU of the app for each of them, of all replicas together; perCore: how many a second that is on one core; the same of the others beside',
      'endsLateMs: how much longer than agreed it was between the call that gives and the call that takes, the worst of a hundred; below 0, as the time runs from the approval',
    ],
  }
}

async function curfews(
  bench: Bench,
  about: { slack: LaneSlack; url: string; mongodbUri: string; count: number },
): Promise<Crew> {
  const { slack, url, mongodbUri, count } = about
  const catalog = benchCatalog(slack.channel, { resources, rules: rules() })
  const replicas: Part[] = []
  for (let i = 0; i < count; i++)
    replicas.push(await curfewWith(bench, { name: `throughput-${count}`, slack, url, mongodbUri, catalog }))
  return {
    name: count === 1 ? 'curfew, one replica' : `curfew, ${count} replicas`,
    replicas,
    words: (i) => `service-${(i % resources) + 1} read ${lastsMs / 1_000}s life-${i}- is what this is for`,
    end: /ended|is over|gone/i,
  }
}

async function aBare(
  bench: Bench,
  about: { slack: LaneSlack; url: string; mongodbUri: string },
): Promise<Crew> {
  const { app } = await aBareApp(bench, about)
  return {
    name: 'bare app',
    replicas: [app],
    words: (i) => `life-${i}- is what this is for`,
    end: /it is gone/,
  }
}

async function measure(
  bench: Bench,
  about: { crew: Crew; slack: LaneSlack; target: Part; mongodPid: number },
) {
  const { crew, slack, target, mongodPid } = about
  const { workspace, channel, ada } = slack
  await target.ask({ what: 'hold', principals: [] })
  const cards = new Map<number, (ts: string) => void>()
  const ends = new Map<string, () => void>()
  workspace.changes.on('change', (change) => {
    if (change.what !== 'call' || change.call.method !== 'chat.postMessage') return
    const { args, response } = change.call
    const to = String(args['channel'])
    const text = `${String(args['text'])} ${String(args['blocks'])}`
    if (to === channel.id) cards.get(Number(/life-(\d+)-/.exec(text)?.[1]))?.(String(response['ts']))
    else if (crew.end.test(String(args['text']))) ends.get(to)?.()
  })
  let [ended, failed] = [0, 0]
  const live = async (person: Person, i: number): Promise<void> => {
    const isOver = new Promise<void>((resolve) => ends.set(person.id, resolve))
    const isAsked = new Promise<string>((resolve) => cards.set(i, resolve))
    await person.runs(`/request-access ${crew.words(i)}`)
    await person.modal('What do you need it for', patience)
    const { outcome } = await person.submits()
    if (outcome !== 'cleared') throw new Error(`the form of ${i} was answered ${outcome}`)
    const ts = await Promise.race([isAsked, sleep(patience.withinMs, null, { ref: false })])
    cards.delete(i)
    const card = ts === null ? undefined : workspace.state.messages.get(channel.id, ts)
    if (card === undefined) throw new Error(`there is no card of ${i}`)
    await ada.clicks('Approve 16 s', card)
    void isOver.then(() => {
      ended += 1
      ends.delete(person.id)
    })
  }
  /** As fast as so many at a time can be asked for and approved; done once the last has heard of its end. */
  const liveAll = async (some: readonly Person[], from: number): Promise<void> => {
    const waiting = some.entries()
    const wanted = ended + some.length
    const lane = async (): Promise<void> => {
      for (const [i, person] of waiting) {
        await live(person, from + i).catch((error: unknown) => {
          failed += 1
          if (failed < 4) console.error(error)
        })
      }
    }
    await Promise.all(Array.from({ length: asking }, lane))
    const untilMs = performance.now() + settlesWithinMs
    while (ended + failed < wanted && performance.now() < untilMs) await sleep(20)
    failed = wanted - ended
  }
  const counts = async () => ({
    atMs: Date.now(),
    ended,
    cpuMs: (
      await Promise.all(crew.replicas.map(async (app) => z.number().parse(await app.ask({ what: 'cpu' }))))
    ).reduce((all, one) => all + one, 0),
    mongodMs: await cpuMsOf(mongodPid),
    slackMs: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000,
  })
  await liveAll(slack.people.slice(0, warmLives), 0)
  const before = await counts()
  await liveAll(slack.people.slice(warmLives), warmLives)
  const after = await counts()
  const { calls } = callsSchema.parse(await target.ask({ what: 'calls' }))
  const given = new Map<string, number>()
  const late: number[] = []
  for (const { action, principal, atMs } of calls) {
    const sinceMs = given.get(principal)
    if (action === 'give') given.set(principal, atMs)
    else if (sinceMs !== undefined && atMs > before.atMs && atMs < after.atMs)
      late.push(atMs - sinceMs - lastsMs)
  }
  const n = after.ended - before.ended
  const seconds = (after.atMs - before.atMs - lastsMs) / 1_000
  const each = (what: 'cpuMs' | 'mongodMs' | 'slackMs') => rounded((after[what] - before[what]) / n)
  return {
    name: crew.name,
    n,
    aSecond: rounded(n / seconds),
    cpuMsEach: each('cpuMs'),
    perCore: rounded(1_000 / each('cpuMs')),
    mongodMsEach: each('mongodMs'),
    slackMsEach: each('slackMs'),
    endsLateMs: rounded(quantile(late, 0.99)),
    failed,
  }
}
