import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda } from 'agenda'
import type { Connection } from 'mongoose'
import type { TickStore } from './domain/ports/ticks.ts'
import type { Say } from './domain/ports/trace.ts'
import type { World } from './operations/world.ts'

const collection = 'jobs'
const guardEveryMs = 1_000
const quietMs = 60_000
const readyWithinMs = 5_000
/** A job that never ends is run again at last, though nobody else is there: however often, it does the same. */
const givenUpAfterLocks = 10

/** Something that one of the replicas does every so often, and any number of them may do at once. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  /** One that was begun so long ago belongs to a process that died or hangs. */
  readonly lockMs: number
  /** Nobody ran it through for so long: whoever sees that runs it, and wakes it. */
  readonly overdueMs: number
  /** Where Slack answers another replica and not this one, it is left to that one. */
  readonly needsSlack: boolean
  run(): Promise<void>
}

export interface Jobs {
  /** Did any replica run this through lately? */
  isRunning(name: string): Promise<boolean>
  /** Takes nothing new and unlocks what this process has locked. */
  stop(): Promise<void>
}

/**
 * Agenda as the durable ticker that replicas share. Deadlines live in the grants, so a tick that is lost, late or doubled
 * loses nothing. Agenda stamps its jobs with the clock of whoever ran them: a clock that was wrong would put a job to
 * sleep for as long. So each run is noted by the database's clock too, and each replica looks every second whether a job
 * sleeps. A handler never throws: Agenda would not run the job again.
 */
export async function startJobs(
  {
    log,
    clock,
    observe,
    trace,
    leavesSlackToOthers,
  }: Pick<World, 'log' | 'clock' | 'observe' | 'trace' | 'leavesSlackToOthers'>,
  connection: Connection,
  { ticks, table }: { ticks: TickStore; table: readonly Job[] },
): Promise<Jobs> {
  const startedAtMs = clock.monotonicMs()
  const db = connection.db
  if (!db) throw new Error('the jobs need an open connection')
  // Of a handful of jobs no index is needed; one that could not be made would be an error that nobody hears.
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db, collection, ensureIndex: false }),
    processEvery: 1_000,
  })
  let saidAtMs = -Infinity
  agenda.on('error', (error: Error) => {
    // After an outage it reports each of its polls at once.
    if (clock.monotonicMs() - saidAtMs < 5_000) return
    saidAtMs = clock.monotonicMs()
    log.warn('the job queue has a problem', { error })
  })
  const runOnce = async (job: Job): Promise<void> => {
    if (job.needsSlack && leavesSlackToOthers()) return
    await trace({ type: 'job', job: job.name }, (say) => runNow(job, say))
  }
  const runNow = async (job: Job, say: Say): Promise<void> => {
    const beganAtMs = clock.monotonicMs()
    const ended = (outcome: 'done' | 'failed'): void => {
      say({ outcome })
      observe({ type: 'job-ran', job: job.name, outcome, tookMs: clock.monotonicMs() - beganAtMs })
    }
    try {
      const { done } = await clock.within(job.lockMs * givenUpAfterLocks, () => job.run())
      if (!done) throw new Error('it did not end, and is given up')
      // Found out only by doing it: another has yet to do it.
      if (job.needsSlack && leavesSlackToOthers()) return
      await ticks.note(job.name)
      ended('done')
    } catch (error) {
      ended('failed')
      log.warn('a job failed', { job: job.name, error })
    }
  }
  for (const job of table) {
    const options = { concurrency: 1, lockLimit: 1, lockLifetime: job.lockMs }
    agenda.define(job.name, () => runOnce(job), options)
  }
  const wake = (name: string) =>
    db.collection(collection).updateMany({ name }, { $set: { nextRunAt: new Date(0), lockedAt: null } })

  /** An outage while they are written ends like any other. */
  async function again(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        log.warn('waiting for MongoDB', { error })
        await clock.sleep(1_000)
      }
    }
  }

  const guarding = new Set<string>()
  const warnedAtMs = new Map<string, number>()
  /** Not while it has yet to be run for the first time, and once a minute: a busy machine is late for a while. */
  const warn = (job: string, ageMs: number): void => {
    const nowMs = clock.monotonicMs()
    if (ageMs === Infinity && nowMs - startedAtMs < quietMs) return
    if (nowMs - (warnedAtMs.get(job) ?? -Infinity) < quietMs) return
    warnedAtMs.set(job, nowMs)
    log.warn('a job is asleep: running it now, and waking it', { job, ageMs })
  }
  let isTaking = false
  let isStopping = false
  /** Whoever cannot do all that is to be done leaves the turns to whoever can; and is there when nobody takes them. */
  const takeTurns = async (): Promise<void> => {
    const takes = !leavesSlackToOthers()
    if (isStopping || (isTaking && !takes)) {
      // It unlocks by a write at its end: one that failed is done again, or it would never start any more.
      isStopping = true
      await agenda.stop(false)
      isStopping = false
      isTaking = false
    }
    if (!takes || isTaking) return
    await agenda.start()
    isTaking = true
  }
  const guard = async (): Promise<void> => {
    try {
      if (isReady) await takeTurns()
      // Each replica keeps its own sample of the database's clock fresh, sweeping or not.
      await clock.sample()
      const ageMs = await ticks.agesMs()
      for (const job of table) {
        if (ageMs(job.name) < job.overdueMs || guarding.has(job.name)) continue
        if (job.needsSlack && leavesSlackToOthers()) continue
        warn(job.name, ageMs(job.name))
        guarding.add(job.name)
        void Promise.all([runOnce(job), wake(job.name)])
          .catch((error: unknown) => log.warn('could not wake a job', { job: job.name, error }))
          .finally(() => guarding.delete(job.name))
      }
    } catch (error) {
      log.warn('could not look after the jobs', { error })
    }
  }
  let isReady = false
  const timer = setInterval(() => void guard(), guardEveryMs)
  // At once: what fell due while nobody ran must not wait for the first tick.
  const [first] = table
  if (first) await runOnce(first)
  // Whatever becomes of Agenda in an outage at the start: each replica looks after the jobs from now on.
  isReady = await Promise.race([
    agenda.ready.then(
      () => true,
      () => false,
    ),
    clock.sleep(readyWithinMs).then(() => false),
  ])
  if (isReady) {
    for (const { name, everyMs } of table) await again(() => agenda.every(everyMs, name))
    await again(takeTurns)
  } else {
    log.error('the job queue did not start: this replica looks after its jobs every few seconds by itself')
  }
  return {
    isRunning: async (name) => {
      const ageMs = await ticks.agesMs()
      return table.some((job) => job.name === name && ageMs(name) < 2 * job.overdueMs)
    },
    stop: async () => {
      clearInterval(timer)
      if (isReady) await agenda.stop(false)
    },
  }
}
