import { MongoClient } from 'mongodb'
import { z } from 'zod'
import { startMongod } from '../../test/support/mongod.ts'
import { commandsOf, costOf, perSecond, said, type Cost } from './cost-of.ts'
import { aBareApp, aCurfew, aSlack, lastsMs } from './lives.ts'
import { startPart } from './part.ts'
import { atMost, rounded, type Report } from './report.ts'
import { databaseOf, runBench } from './run-bench.ts'

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
  for (const [make, name] of [
    [aCurfew, 'curfew_bench'],
    [aBareApp, 'bare_bench'],
  ] as const) {
    const slack = await aSlack(bench, lives + 1)
    const lane = await make(bench, { slack, url, mongodbUri: databaseOf(mongod.uri, name) })
    found.set(lane.name, await costOf(lane, client, lives))
    await lane.app.stop()
  }
  const own = found.get('curfew')
  const bare = found.get('bare app')
  if (!own || !bare) throw new Error('nothing was measured')
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
