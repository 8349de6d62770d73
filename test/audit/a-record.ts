import type { Connection } from 'mongoose'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { signedCheckpoint, signingKey, type Checkpoint } from '../../src/domain/audit/checkpoint.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import type { RingKey } from '../../src/domain/ring-keys.ts'
import { mongoActs, mongoActsToRecord } from '../../src/mongo/acts.ts'
import { chainModel, mongoChain, mongoHistories } from '../../src/mongo/audit.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHoldings } from '../../src/mongo/holdings.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { recordHistory } from '../../src/operations/by-itself/record-history.ts'
import { pruneChain, type Pruning } from '../../src/operations/prune-chain.ts'
import { verifyChain } from '../../src/operations/verify-chain.ts'
import { ada, approval, aRequest, at, riley } from '../support/builders.ts'
import { transition } from '../../src/domain/transition.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** A database of grants, and the record of what happens to them. */
export async function aRecord(key: RingKey = aKey('k1')) {
  const database = await aDatabase()
  afterThis(() => database.drop())
  const { connection } = database
  await ensureIndexes(connection)
  const clock = mongoClock(connection)
  await clock.sample()
  const grants = mongoGrants(connection, clock)
  const histories = mongoHistories(connection, noLog)
  const acts = mongoActsToRecord(connection, noLog)
  let asked = 0
  const happens = {
    /** Riley asks; the grant's id. */
    asks: async (): Promise<string> => {
      const n = asked++
      const id = `g${n}`
      await grants.insert(aRequest(n))
      return id
    },
    /** Ada says yes. */
    approves: (id: string) => grants.change(id, (grant) => transition(grant, approval(ada), at(60))),
  }
  const uri = new URL(database.uri)
  uri.pathname = `/${database.name}`
  return {
    connection,
    mongodbUri: uri.toString(),
    grants,
    ...happens,
    key,
    chain: mongoChain(connection),
    adopts: () => histories.adopt(),
    acts: mongoActs(connection),
    records: (by: RingKey = key) =>
      recordHistory(
        { chain: mongoChain(connection), places: [histories, acts], holdings: mongoHoldings(connection) },
        chainKeys([by])[0],
      ),
    verifies: (keys: readonly [RingKey, ...RingKey[]] = [key], checkpoints: readonly Checkpoint[] = []) =>
      verifyChain(mongoChain(connection), {
        keys: chainKeys(keys),
        checkpoints,
        signers: keys.map(signerOf),
      }),
    prunes: (pruning: Pruning) =>
      pruneChain(mongoChain(connection), pruning, {
        keys: chainKeys([key]),
        signers: signersOf([key]),
        now: new Date('2026-02-01T09:00:00Z'),
      }),
    checkpoint: async (at = new Date('2026-01-05T09:00:00Z')) =>
      signedCheckpoint(await mongoChain(connection).end(), at, signerOf(key)),
  }
}

/** A record of requests that were asked for at these seconds, in this order. */
export async function aRecordOf(seconds: readonly number[]) {
  const record = await aRecord()
  const entries = seconds.map((second, n) =>
    recordableOf({ ...aRequest(n), principal: null, endsAt: null }, 0, {
      type: 'asked',
      at: at(second),
      by: riley,
    }),
  )
  await record.chain.append(linked(noLink, entries, chainKeys([record.key])[0]))
  return record
}

const signerOf = ({ id, base64 }: RingKey) => signingKey(id, Buffer.from(base64, 'base64'))

/** The stored links, to be tampered with by hand. */
export const linksOf = (connection: Connection) => chainModel(connection).collection
