import type { Connection } from 'mongoose'
import { chainKeys, signersOf } from '../../src/domain/audit/keys.ts'
import { linked, noLink } from '../../src/domain/audit/chain.ts'
import { Writable } from 'node:stream'
import { recordableOfAct, type Act } from '../../src/domain/audit/act.ts'
import type { Event } from '../../src/domain/event.ts'
import type { Happened } from '../../src/domain/happened.ts'
import { mongoNamed } from '../../src/mongo/named.ts'
import { catchUp } from '../../src/operations/by-itself/index-people.ts'
import type { Said } from '../../src/who/open.ts'
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
import { isRefusal } from '../../src/domain/refusal.ts'
import { transition } from '../../src/domain/transition.ts'
import { aDatabase, type TestDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'
import { aKey, written } from '../support/ring.ts'
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
  const environment = { MONGODB_URI: databaseOf(database), AUDIT_KEYS: written(key) }
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
    /** This, to this grant, so many seconds after nine; throws where it is refused. */
    becomes: async (id: string, event: Event, second: number) => {
      const changed = await grants.change(id, (grant) => transition(grant, event, at(second)))
      if (isRefusal(changed)) throw new Error(`${event.type} was refused: ${changed.refused}`)
      return changed
    },
    /** A grant of which all that happened is known at once. */
    happened: async (id: string, history: readonly Happened[], about: object = {}): Promise<void> => {
      const { resource, entitlement, system, canonical, subject, requester, reason } = aRequest(0)
      const facts = {
        resource,
        entitlement,
        system,
        canonical,
        subject,
        requester,
        reason,
        principal: 'riley',
      }
      const grant = { requestId: id, line: 0, revision: 0, unrecorded: true, history, ...facts, ...about }
      await connection.collection<{ _id: string }>('grants').insertOne({ _id: id, ...grant })
    },
    /** Something that is no grant's. */
    recordsAct: async (id: string, act: Act, then = at(0)): Promise<void> => {
      const chain = mongoChain(connection)
      const one = recordableOfAct(then, { ...act, id, outcome: 'done' })
      await chain.append(linked(await chain.end(), [one], chainKeys([key])[0]))
    },
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
    holdings: mongoHoldings(connection),
    named: mongoNamed(connection),
    catchesUp: () => catchUp({ chain: mongoChain(connection), named: mongoNamed(connection) }),
    /** As it is asked for at the command line: what it wrote, what it said, and its exit code. */
    asked: async (command: Command, ...words: readonly string[]) => {
      const parts: string[] = []
      const out = new Writable({
        write: (part: Buffer, _, done) => {
          parts.push(part.toString())
          done()
        },
      })
      const { text, exitCode, errors = '' } = await command(words, environment, out)
      return { text: parts.join('') + text, exitCode, errors }
    },
    records: (by: RingKey = key) =>
      recordHistory(
        {
          chain: mongoChain(connection),
          places: [histories, acts],
          holdings: mongoHoldings(connection),
          named: mongoNamed(connection),
        },
        chainKeys([by])[0],
      ),
    verifies: (keys: readonly [RingKey, ...RingKey[]] = [key], checkpoints: readonly Checkpoint[] = []) =>
      verifyChain(mongoChain(connection), {
        keys: chainKeys(keys),
        checkpoints,
        signers: keys.map(signerOf),
      }),
    prunes: (pruning: Omit<Pruning, 'now'> & Partial<Pruning>) =>
      pruneChain(
        mongoChain(connection),
        { now: new Date(), ...pruning },
        {
          keys: chainKeys([key]),
          signers: signersOf([key]),
          drawn: [mongoHoldings(connection), mongoNamed(connection)],
        },
      ),
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

type Command = (words: readonly string[], environment: NodeJS.ProcessEnv, out: Writable) => Promise<Said>

function databaseOf({ uri, name }: Pick<TestDatabase, 'uri' | 'name'>): string {
  const address = new URL(uri)
  address.pathname = `/${name}`
  return address.toString()
}

/** Ten are asked for within nine seconds, and approved a minute later: what is asked is older than what is approved. */
export async function aLongRecord() {
  const record = await aRecord()
  const ids: string[] = []
  for (let i = 0; i < 10; i++) ids.push(await record.asks())
  await record.records()
  for (const id of ids) await record.approves(id)
  await record.records()
  return { ...record, numbers: async () => (await record.chain.after(0, 100)).map(({ number }) => number) }
}

const signerOf = ({ id, base64 }: RingKey) => signingKey(id, Buffer.from(base64, 'base64'))

/** The stored links, to be tampered with by hand. */
export const linksOf = (connection: Connection) => chainModel(connection).collection
