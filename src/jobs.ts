import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda } from 'agenda'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { Standing } from './operations/standing.ts'
import { sweep } from './operations/sweep.ts'
import type { World } from './operations/world.ts'

const collection = 'jobs'
const sweepEveryMs = 1_000
/** How long until a change that Slack did not tell of is seen. */
const standingEveryMs = 60_000
const digestEveryMs = 10 * 60_000
/** A sweep enqueues and returns; one that takes longer belongs to a process that died or hangs. */
const lockLifetimeMs = 2_000
/** Without a sweep anywhere for so long, this process sweeps by itself and has the job made anew. */
const overdueMs = 5_000

export interface Jobs {
  /** Did any replica sweep lately? */
  isSweeping(): Promise<boolean>
  /** Takes nothing new and unlocks what this process has locked. */
  stop(): Promise<void>
}

/**
 * Agenda as the durable ticker that replicas share: one of them sweeps each second. Deadlines live in the grants, so a
 * tick that is lost, late or doubled loses nothing. A handler never throws: Agenda would not run the job again.
 */
export async function startJobs(
  world: World,
  connection: Connection,
  { standing, sendDigests }: { standing: Standing; sendDigests: (now: Date) => Promise<number> },
): Promise<Jobs> {
  const { log } = world
  const db = connection.db
  if (!db) throw new Error('the jobs need an open connection')
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db, collection }),
    processEvery: 200,
    defaultLockLifetime: lockLifetimeMs,
  })
  let saidAtMs = -Infinity
  agenda.on('error', (error: Error) => {
    // After an outage it reports each of its polls at once.
    if (world.clock.monotonicMs() - saidAtMs < 5_000) return
    saidAtMs = world.clock.monotonicMs()
    log.warn('the job queue has a problem', { error })
  })
  let sweptAtMs = -Infinity
  const sweepOnce = async (): Promise<void> => {
    try {
      await sweep(world)
      sweptAtMs = world.clock.monotonicMs()
    } catch (error) {
      log.warn('could not sweep now', { error })
    }
  }
  agenda.define('sweep', sweepOnce, { concurrency: 1, lockLimit: 1, lockLifetime: lockLifetimeMs })

  agenda.define('standing', () => standing.look(), {
    concurrency: 1,
    lockLimit: 1,
    lockLifetime: standingEveryMs,
  })

  const tellTheDay = async (): Promise<void> => {
    try {
      const sent = await sendDigests(world.clock.now())
      if (sent > 0) log.info('told admins of their day', { sent })
    } catch (error) {
      log.warn('could not tell admins of their day', { error })
    }
  }
  agenda.define('digest', tellTheDay, { concurrency: 1, lockLimit: 1, lockLifetime: digestEveryMs })

  // At once: what fell due while nobody ran must not wait for the first tick.
  await sweepOnce()
  await agenda.ready
  await agenda.every(sweepEveryMs, 'sweep')
  await agenda.every(standingEveryMs, 'standing')
  await agenda.every(digestEveryMs, 'digest')
  await agenda.start()

  const lastSweepAt = async (): Promise<Date | null> => {
    const job = await db.collection(collection).findOne({ name: 'sweep' }, { projection: { lastRunAt: 1 } })
    return jobRow.parse(job)?.lastRunAt ?? null
  }
  const isSweeping = async (): Promise<boolean> => {
    if (world.clock.monotonicMs() - sweptAtMs < overdueMs) return true
    const at = await lastSweepAt()
    return at !== null && world.clock.now().getTime() - at.getTime() < overdueMs
  }
  const guard = async (): Promise<void> => {
    try {
      await world.clock.sample()
      if (await isSweeping()) return
      log.warn('nobody has swept lately, sweeping now')
      await sweepOnce()
      await agenda.every(sweepEveryMs, 'sweep')
    } catch (error) {
      log.warn('could not look after the sweep', { error })
    }
  }
  // Each replica keeps its own sample of the database's clock fresh, sweeping or not.
  const timer = setInterval(() => void guard(), 2_000)
  return {
    isSweeping,
    stop: async () => {
      clearInterval(timer)
      await agenda.stop(false)
    },
  }
}

const jobRow = z.object({ lastRunAt: z.date().nullish() }).nullable()
