import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { linked, noLink, type ChainKey, type Recordable } from '../../src/domain/audit/chain.ts'
import { recordableOfAct } from '../../src/domain/audit/act.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import { transition } from '../../src/domain/transition.ts'
import { mongoChain, mongoHistories } from '../../src/mongo/audit.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHoldings } from '../../src/mongo/holdings.ts'
import { mongoNamed } from '../../src/mongo/named.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { recordHistory } from '../../src/operations/by-itself/record-history.ts'
import { verifyChain } from '../../src/operations/verify-chain.ts'
import { ada, anActiveGrant, approval, aRequest, at } from '../../test/support/builders.ts'
import { noLog } from '../../test/support/no-log.ts'
import { startMongod } from '../../test/support/mongod.ts'
import { overALongRecord } from './who-held.ts'
import { exporting, type Export } from './exporting.ts'
import { atMost, rounded, type Report } from './report.ts'
import { databaseOf, runBench } from './run-bench.ts'

const perSecond = 500
const blockSeconds = 5
const everyMs = 1_000
const chainLength = 200_000
const perInsert = 5_000
const leastVerified = 50_000
const exportedLength = 1_000_000
const since = new Date('2026-01-05T09:00Z')
const formats = ['jsonl', 'csv', 'cef', 'ocsf'] as const
const mostMb = 150
/** The last of them, a second apart. */
const recently = 10_000
const limits = { grants: 1_000, longestMs: 3_000_000 }

/** What recording costs the process that records, beside the same writes without it; and how fast a record is verified. */
await runBench(async (bench): Promise<Report> => {
  const mongod = await startMongod({ replicaSet: true, cacheGB: 2 })
  bench.atEnd(() => mongod.stop())
  const connection = await mongoose
    .createConnection(databaseOf(mongod.uri, 'audit_bench'), { autoIndex: false })
    .asPromise()
  bench.atEnd(() => connection.close())
  await ensureIndexes(connection)
  const clock = mongoClock(connection)
  await clock.sample()
  const grants = mongoGrants(connection, clock)
  const chain = mongoChain(connection)
  const histories = mongoHistories(connection, noLog)
  const key: ChainKey = { id: 'bench', bytes: new Uint8Array(32).fill(7) }
  const [holdings, named] = [mongoHoldings(connection), mongoNamed(connection)]
  const append = () => recordHistory({ chain, places: [histories], holdings, named }, key)
  /** One after the other, as the job is. */
  let last = Promise.resolve()
  const record = () => (last = last.then(append))

  let made = 0
  /** Each is asked for and approved: two things happen. */
  const happens = async (): Promise<void> => {
    const n = made++
    const grant = aRequest(n)
    await grants.insert(grant)
    await grants.change(grant.id, (one) => transition(one, approval(ada), at(60)), grant)
  }
  /** CPU of this process, in milliseconds for each second. */
  const block = async (isRecorded: boolean): Promise<number> => {
    const before = process.cpuUsage()
    const startMs = performance.now()
    const all: Promise<void>[] = []
    let recordedAtMs = startMs
    for (let i = 0; i < (perSecond / 2) * blockSeconds; i++) {
      const waitMs = startMs + (i * 2_000) / perSecond - performance.now()
      if (waitMs > 0) await sleep(waitMs)
      all.push(happens())
      if (isRecorded && performance.now() - recordedAtMs >= everyMs) {
        recordedAtMs = performance.now()
        all.push(record())
      }
    }
    await Promise.all(all)
    if (isRecorded) await record()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000 / blockSeconds
  }
  await block(true)
  const rounds = Math.max(1, Math.round(bench.seconds / (2 * blockSeconds)))
  const cpuMs = { with: 0, without: 0 }
  for (let round = 0; round < rounds; round++) {
    cpuMs.without += await block(false)
    // What the block before left is no part of what is measured.
    await record()
    cpuMs.with += await block(true)
  }
  const added = (cpuMs.with - cpuMs.without) / rounds
  const inChain = (await chain.end()).number

  await connection.collection('chain').deleteMany({})
  let end = noLink
  const grows = async (to: number): Promise<void> => {
    while (end.number < to) {
      const links = linked(end, manyEntries(end.number, perInsert), key)
      await chain.append(links)
      end = links.at(-1) ?? end
    }
  }
  await grows(chainLength)
  const beganMs = performance.now()
  const verified = await verifyChain(chain, { keys: [key], checkpoints: [], signers: [] })
  const aSecond = verified.links / ((performance.now() - beganMs) / 1_000)

  await grows(exportedLength)
  const environment = {
    MONGODB_URI: databaseOf(mongod.uri, 'audit_bench'),
    AUDIT_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  }
  const after = (entries: number) =>
    new Date(since.getTime() + (exportedLength - entries) * 1_000).toISOString()
  const none = await exporting(['--since', after(-1)], environment)
  const exports: Export[] = []
  for (const format of formats) exports.push(await exporting(['--format', format], environment))
  const recent = await exporting(['--since', after(recently)], environment)
  const peakMb = Math.max(...exports.map((one) => one.peakMb))
  // The head of a CSV is no entry.
  const written = exports.map(({ lines }, i) => lines - (formats[i] === 'csv' ? 1 : 0))
  const row = (name: string, one: Export, n: number) => ({
    name,
    n,
    ms: Math.round(one.ms),
    aSecond: rounded(n / (one.ms / 1_000)),
    mb: Math.round(one.bytes / 1e6),
    peakMb: Math.round(one.peakMb),
  })
  const long = await overALongRecord(mongod.uri, key, bench)
  return {
    bench: 'audit',
    what: 'what the record of all that happens costs, and how fast it is verified',
    rows: [
      {
        name: `${perSecond} things happen a second`,
        n: rounds,
        cpuMsASecond: rounded(cpuMs.without / rounds),
      },
      { name: 'the same, recorded', n: rounds, cpuMsASecond: rounded(cpuMs.with / rounds) },
      { name: 'verified', n: verified.links, aSecond: rounded(aSecond) },
      ...exports.map((one, i) => row(`exported, ${formats[i]}`, one, written[i] ?? 0)),
      row('the last of them, --since', recent, recent.lines),
      row('none of them', none, none.lines),
      ...long.rows,
    ],
    goals: [
      atMost('CPU of recording (ms a second of one core)', 50, rounded(added)),
      atMost('happened and not recorded', 0, made * 2 - inChain),
      atMost(
        `verified: links that take as long as ${leastVerified} may`,
        1,
        rounded(leastVerified / aSecond),
      ),
      atMost('faults found where there are none', 0, verified.faultCount),
      atMost('the most memory that an export ever had (MB)', mostMb, rounded(peakMb)),
      atMost('entries not exported', 0, exportedLength - Math.min(...written)),
      atMost('entries not exported since then', 0, Math.abs(recently - recent.lines)),
      atMost(`who held it at an instant, over ${bench.entries} entries (p99, ms)`, 200, long.p99Ms),
      atMost('of those: found otherwise than by a look at all, or not borne out', 0, long.unproven),
    ],
    notes: [
      `each asked for and approved, ${perSecond / 2} a second, in blocks of ${blockSeconds} s in turn; recorded once a second by the same process`,
      'exported by the command, with its start, into a pipe; of its memory the most, by the kernel',
      ...long.notes,
    ],
  }
}, limits)

/** A second apart; each fifth is an act. */
function manyEntries(after: number, count: number): Recordable[] {
  const grant = { ...anActiveGrant(), principal: 'riley' }
  const [asked] = grant.history
  if (asked === undefined) throw new Error('it has no history')
  return Array.from({ length: count }, (_, i) => {
    const n = after + i
    const instant = new Date(since.getTime() + n * 1_000)
    if (n % 5 > 0) return recordableOf({ ...grant, id: `g${n}` }, 0, { ...asked, at: instant })
    return recordableOfAct(instant, {
      id: `a${n}`,
      type: 'device-approved',
      by: ada,
      about: { kind: 'device', id: `d${n}`, name: 'Riley’s laptop' },
      details: { owner: 'Riley', serial: 'C02XG0' },
      outcome: 'done',
    })
  })
}
