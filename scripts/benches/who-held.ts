import mongoose, { type Connection } from 'mongoose'
import { z } from 'zod'
import { proven } from '../../src/audit/proven.ts'
import type { ChainKey } from '../../src/domain/audit/chain.ts'
import { mongoChain } from '../../src/mongo/audit.ts'
import { mongoHoldings } from '../../src/mongo/holdings.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { seeded } from '../../test/support/seeded.ts'
import { entitlementOf, longRecord, spanMs, startMs } from './long-record.ts'
import { rounded, spread, type Row } from './report.ts'
import { databaseOf, type Bench } from './run-bench.ts'

const asks = 1_000
const naiveAsks = 20

interface WhoHeld {
  readonly rows: readonly Row[]
  readonly p99Ms: number
  readonly unproven: number
  readonly notes: readonly string[]
}

/** In a database of its own, made for it and gone after it. */
export async function overALongRecord(
  uri: string,
  key: ChainKey,
  { entries, atEnd }: Pick<Bench, 'entries' | 'atEnd'>,
): Promise<WhoHeld> {
  const connection = await mongoose
    .createConnection(databaseOf(uri, 'long_record_bench'), { autoIndex: false })
    .asPromise()
  atEnd(async () => {
    await connection.dropDatabase()
    await connection.close()
  })
  const madeMs = await timed(() => longRecord(connection, key, entries))
  const holdings = connection.collection('holdings')
  // As an older version left it: no holding is in a class yet.
  await holdings.createIndex({ 'resource.id': 1, 'entitlement.id': 1, until: 1, from: 1 }, {}, {})
  const indexedMs = await timed(() => ensureIndexes(connection))
  const adoptedMs = await timed(() => adoptAll(connection))
  const { dataSize, storageSize, indexSize } = z
    .object({ dataSize: z.number(), storageSize: z.number(), indexSize: z.number() })
    .parse(await connection.db?.stats())
  const found = await whoHeldAtRandom(connection, key)
  return {
    ...found,
    notes: [
      `a record of ${entries} entries made in ${seconds(madeMs)} (${gigabytes(dataSize)}; on the disk ${gigabytes(storageSize)}, indexes ${gigabytes(indexSize)}), indexed in ${seconds(indexedMs)}; holdings of an older version put in classes in ${seconds(adoptedMs)}`,
      ...found.notes,
    ],
  }
}

async function adoptAll(connection: Connection): Promise<void> {
  for (let after: string | null = ''; after !== null;) after = await mongoHoldings(connection).adopt(after)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now()
  await work()
  return performance.now() - beganMs
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

/** Who held an entitlement at an instant, both at random, each as the command does it; and by a look at all of that entitlement. */
async function whoHeldAtRandom(connection: Connection, key: ChainKey): Promise<WhoHeld> {
  const [holdings, chain] = [mongoHoldings(connection), mongoChain(connection)]
  const random = seeded(4711)
  const asked = Array.from({ length: asks }, () => ({
    what: { resource: 'orders-db', entitlement: entitlementOf(random) },
    instant: new Date(startMs + random() * spanMs),
  }))
  const [found, proof, all, naive]: [number[], number[], number[], number[]] = [[], [], [], []]
  let [unproven, most, count] = [0, 0, 0]
  for (const { what, instant } of asked) {
    const beganMs = performance.now()
    const { those: held } = await holdings.at(what, instant)
    const foundMs = performance.now()
    const sure = await proven(chain, { keys: [key], signers: [], since: instant }, held)
    const endMs = performance.now()
    found.push(foundMs - beganMs)
    proof.push(endMs - foundMs)
    all.push(endMs - beganMs)
    unproven += sure.filter(({ isProven }) => !isProven).length
    most = Math.max(most, held.length)
    count += held.length
  }
  await connection
    .collection('holdings')
    .createIndex({ 'resource.id': 1, 'entitlement.id': 1 }, { name: 'naive' }, {})
  let differ = 0
  for (const { what, instant } of asked.slice(0, naiveAsks)) {
    const beganMs = performance.now()
    const held = await connection
      .collection('holdings')
      .find({
        'resource.id': what.resource,
        'entitlement.id': what.entitlement,
        from: { $lte: instant },
        $or: [{ until: null }, { until: { $gt: instant } }],
      })
      .hint('naive')
      .toArray()
    naive.push(performance.now() - beganMs)
    if (held.length !== (await holdings.at(what, instant)).those.length) differ++
  }
  return {
    rows: [
      { name: 'who held it: by the naive index', n: naive.length, ...spread(naive) },
      { name: 'who held it: found', n: asks, ...spread(found) },
      { name: 'who held it: proven', n: asks, ...spread(proof) },
      { name: 'who held it: both', n: asks, ...spread(all) },
    ],
    p99Ms: spread(all).p99Ms,
    unproven: unproven + differ,
    notes: [`${rounded(count / asks)} held it at an instant, ${most} at most`],
  }
}
