import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { z } from 'zod'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrantRecords } from '../../src/mongo/grant-records.ts'
import { startMongod } from '../../test/support/mongod.ts'
import { commandsOf, costOf, examinedBy, perSecond, said, type Cost } from './cost-of.ts'
import { liveOnce } from './live-once.ts'
import { aCurfew, aSlack, lastsMs, resources } from './lives.ts'
import { oldSpan, writeOldLives } from './old-lives.ts'
import { startPart } from './part.ts'
import { atMost, rounded, type Report } from './report.ts'
import { databaseOf, runBench, type Bench } from './run-bench.ts'

const lives = 40
const people = 500
const some = 100_000
const entitlements = resources * 5
const longestMs = 3_600_000

interface Look {
  readonly documents: number
  readonly keys: number
  readonly ms: number
}

interface Found {
  readonly old: number
  readonly cost: Cost
  readonly uses: Look
  readonly digest: Look
}

await runBench(
  async (bench): Promise<Report> => {
    const mongod = await startMongod({ replicaSet: true, cacheGB: 1 })
    bench.atEnd(() => mongod.stop())
    const client = await new MongoClient(mongod.uri).connect()
    bench.atEnd(() => client.close())
    const target = startPart('webhook-target.ts')
    bench.atEnd(() => target.stop())
    const url = `http://127.0.0.1:${z.number().parse(await target.ask({ what: 'listen' }))}/`
    const found: Found[] = []
    for (const old of new Set([0, Math.min(some, bench.grants), bench.grants])) {
      const mongodbUri = databaseOf(mongod.uri, `history_${old}`)
      found.push(await measure(bench, { client, url, mongodbUri, old }))
    }
    const [none, ...others] = found
    if (!none) throw new Error('nothing was measured')
    const named = (old: number) => `${old.toLocaleString('en')} old grants`
    return {
      bench: 'history',
      what: 'a whole life, and a look back at all of them, with so many old grants in the database',
      rows: found.map(({ old, cost, uses, digest }) => ({
        name: named(old),
        n: lives,
        commands: rounded(commandsOf(cost)),
        documents: cost.documents,
        cpuMs: cost.cpuMs,
        usesDocuments: uses.documents,
        usesKeys: uses.keys,
        usesMs: uses.ms,
        digestDocuments: digest.documents,
        digestKeys: digest.keys,
        digestMs: digest.ms,
      })),
      goals: others.flatMap(({ old, cost, uses }) => [
        atMost(
          `commands a life with ${named(old)}, times those with none`,
          1.1,
          commandsOf(cost) / commandsOf(none.cost),
        ),
        atMost(
          `documents examined a life with ${named(old)}, times those with none`,
          1.1,
          cost.documents / none.cost.documents,
        ),
        atMost(
          `documents examined to find the last uses with ${named(old)}, for each entitlement`,
          3,
          uses.documents / entitlements,
        ),
      ]),
      notes: [
        `${lives} lives of ${lastsMs / 1_000} s, ${perSecond} begun a second, by real clicks, as in cost; documents and cpuMs are of one life`,
        `the old ones are of ${people} people, those who live among them, and of all ${entitlements} entitlements; ${found.map(({ old }) => `${named(old)} are of ${oldSpan(old)}`).join(', ')}`,
        'uses: one look at when everything was last used; digest: the message of a Monday, for one admin of everything, from the look to its being posted',
        ...found.map(({ old, cost }) => `${named(old)}, commands: ${said(cost.commands)}`),
      ],
    }
  },
  { grants: 1_000_000, longestMs },
)

async function measure(
  bench: Bench,
  about: { client: MongoClient; url: string; mongodbUri: string; old: number },
): Promise<Found> {
  const { client, url, mongodbUri, old } = about
  const slack = await aSlack(bench, people)
  const connection = await mongoose.createConnection(mongodbUri, { autoIndex: false }).asPromise()
  bench.atEnd(() => connection.close())
  const first = await aCurfew(bench, { slack, url, mongodbUri })
  await liveOnce(first, connection, people)
  await first.app.stop()
  const { teamId } = slack.workspace
  if (old > 0) await writeOldLives(connection, { count: old, people: first.people, teamId, resources })
  const lane = await aCurfew(bench, { slack, url, mongodbUri })
  const cost = await costOf(lane, client, lives)
  const digest = await look(client, () => lane.app.ask({ what: 'digest', atMs: lastMondayNoon() }))
  await lane.app.stop()
  const store = mongoGrantRecords(connection, mongoClock(connection))
  const uses = await look(client, () => store.lastUses())
  await connection.dropDatabase()
  return { old, cost, uses, digest }
}

async function look(client: MongoClient, work: () => Promise<unknown>): Promise<Look> {
  const before = await examinedBy(client)
  const startedAtMs = performance.now()
  await work()
  const ms = rounded(performance.now() - startedAtMs)
  const after = await examinedBy(client)
  return { documents: after.documents - before.documents, keys: after.keys - before.keys, ms }
}

/** In the middle of a Monday wherever they are: the last one, of which the old grants are a part. */
function lastMondayNoon(): number {
  const at = new Date()
  at.setUTCHours(12, 0, 0, 0)
  do at.setUTCDate(at.getUTCDate() - 1)
  while (at.getUTCDay() !== 1)
  return at.getTime()
}
