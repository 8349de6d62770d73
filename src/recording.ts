import type { Connection } from 'mongoose'
import { checkpointSink } from './audit/checkpoint-sink.ts'
import { openReceiver } from './audit/forward/receiver.ts'
import { idOf, nameOf } from './audit/forward/settings.ts'
import type { Config } from './config.ts'
import type { Checkpoint } from './domain/audit/checkpoint.ts'
import { chainKeys, signersOf } from './domain/audit/keys.ts'
import type { Job } from './jobs.ts'
import { mongoActsToRecord } from './mongo/acts.ts'
import { mongoChain, mongoHistories } from './mongo/audit.ts'
import { mongoHoldings } from './mongo/holdings.ts'
import { mongoNamed } from './mongo/named.ts'
import { mongoPositions } from './mongo/positions.ts'
import { forwarding, type Forwarding } from './operations/by-itself/forward-record.ts'
import { keepingCheckpoints } from './operations/by-itself/keep-checkpoint.ts'
import { pruningRecord } from './operations/by-itself/prune-record.ts'
import { recordingHistory } from './operations/by-itself/record-history.ts'
import type { World } from './operations/world.ts'

const minute = { lockMs: 60_000, overdueMs: 65_000, needsSlack: false }
const day = { lockMs: 3_600_000, overdueMs: 90_000_000, needsSlack: false }

/** What keeps the record of all that happens: none without a key for it. */
export function recordingJobs(
  connection: Connection,
  { auditKeys, auditCheckpoints, auditKeepMs, aws, proxies }: Config,
  { forward, ...world }: Pick<World, 'acts' | 'clock' | 'log'> & { readonly forward: Forwarding | null },
): Job[] {
  if (auditKeys === null) return []
  const { clock, log } = world
  const chain = mongoChain(connection)
  const keys = chainKeys(auditKeys)
  const signers = signersOf(auditKeys)
  const places = [mongoHistories(connection, log), mongoActsToRecord(connection, log)]
  const [holdings, named] = [mongoHoldings(connection), mongoNamed(connection)]
  const parts = { chain, places, holdings, named }
  const jobs: Job[] = [
    { name: 'record', everyMs: 1_000, ...minute, run: recordingHistory(parts, { key: keys[0], clock }) },
  ]
  if (auditCheckpoints !== null) {
    const sink = checkpointSink(auditCheckpoints, { proxies, aws })
    const parts = { chain, now: () => clock.now(), keep: (one: Checkpoint) => sink.keep(one) }
    jobs.push({ name: 'checkpoint', everyMs: 10_000, ...minute, run: keepingCheckpoints(parts, signers[0]) })
  }
  if (forward !== null) jobs.push({ name: 'forward', everyMs: 1_000, ...minute, run: () => forward.run() })
  if (auditKeepMs !== null) {
    const upTo = forward === null ? null : () => forward.reached()
    const run = pruningRecord(
      { ...world, chain },
      { keepMs: auditKeepMs, keys, signers, upTo, drawn: [holdings, named] },
    )
    jobs.push({ name: 'prune-record', everyMs: 86_400_000, ...day, run })
  }
  return jobs
}

/**
 * Without a key nothing is recorded any more: whoever lost it on the way to another machine is to read so. Never rejects: what
 * stands there may be anything, and keeps nobody from starting.
 */
export async function warnOfRecordLeft(
  connection: Connection,
  { auditKeys }: Pick<Config, 'auditKeys'>,
  log: World['log'],
): Promise<void> {
  if (auditKeys !== null) return
  try {
    const { number } = await mongoChain(connection).end()
    if (number === 0) return
    log.warn('a record stands in the database, and nothing more is recorded: set AUDIT_KEYS', {
      entries: number,
    })
  } catch (error) {
    log.warn('could not see whether a record stands in the database', { error })
  }
}

/** What sends the record on; null: nothing does. Throws `ConfigError`. */
export async function forwardingOf(
  connection: Connection,
  { auditKeys, auditForward, proxies }: Config,
  { clock, log, tellAdmins }: Pick<World, 'clock' | 'log'> & { readonly tellAdmins: (words: string) => void },
): Promise<Forwarding | null> {
  if (auditKeys === null || auditForward === null) return null
  const receiver = await openReceiver(auditForward, { proxies, now: () => clock.now() })
  const { place, from } = auditForward
  return forwarding(
    {
      chain: mongoChain(connection),
      signers: signersOf(auditKeys),
      positions: mongoPositions(connection),
      receiver,
      clock,
      log,
      tell: tellAdmins,
    },
    { place: idOf(place), name: nameOf(place), from },
  )
}
