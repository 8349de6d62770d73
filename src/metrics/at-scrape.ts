import type { Gauge } from 'prom-client'
import type { Clock } from '../domain/ports/clock.ts'
import type { GrantCounter, GrantCounts } from '../domain/ports/grant-counts.ts'
import type { Position, RecordPosition } from '../domain/ports/record-position.ts'
import type { Log } from '../domain/ports/log.ts'
import type { TickStore } from '../domain/ports/ticks.ts'
import { elapsedMs } from '../elapsed.ts'
import { inTime } from '../in-time.ts'
import type { Metrics } from './table.ts'

/** What is only known by asking. */
export interface Sources {
  readonly grants: GrantCounter
  readonly ticks: Pick<TickStore, 'agesMs'>
  /** Null: none is kept. */
  readonly record: RecordPosition | null
  readonly jobs: readonly { readonly name: string; readonly overdueMs: number }[]
  readonly clock: Pick<Clock, 'now' | 'isSure'> & { errorMs(): number }
  readonly slack: { isConnected(): boolean; answers(): boolean }
  readonly systems: () => readonly { readonly kind: string; readonly state: string }[]
  readonly log: Log
}

/** However many scrape, MongoDB is asked no more often. */
const askEveryMs = 5_000
/** Nobody who scrapes waits longer for it. */
const answersWithinMs = 2_000

interface FromDatabase {
  readonly counts: GrantCounts
  readonly ageMs: (job: string) => number
  readonly record: Position | null
  /** When it was asked: what is shown later grew older meanwhile. */
  readonly askedAtMs: number
}

/** Brings what is asked for up to date. What MongoDB did not answer is left out: nothing is better than an old number. */
export function readingAtScrape(metrics: Metrics, sources: Sources): () => Promise<void> {
  const { grants, ticks, record, log } = sources
  const ask = async (): Promise<FromDatabase> => {
    const askedAtMs = elapsedMs()
    const [counts, ageMs, position] = await Promise.all([
      grants.counts(),
      ticks.agesMs(),
      record?.position().catch(notTold) ?? null,
    ])
    return { counts, ageMs, record: position, askedAtMs }
  }
  // Whatever is wrong with the record hides nothing else.
  const notTold = (error: unknown): null => {
    log.warn('how far the record is cannot be told', { error })
    return null
  }
  const asked = remembered(() =>
    inTime(ask(), answersWithinMs, () => new Error(`no answer within ${answersWithinMs} ms`)).catch(
      (error: unknown) => {
        log.warn('MongoDB did not say what the metrics show', { error })
        return null
      },
    ),
  )
  return async () => {
    const found = await asked()
    showDatabase(metrics, found, sources)
    showReplica(metrics, sources)
  }
}

function showDatabase(metrics: Metrics, found: FromDatabase | null, { jobs, clock }: Sources): void {
  metrics.database.set(found === null ? 0 : 1)
  metrics.grants.reset()
  metrics.jobAge.reset()
  const now = clock.now().getTime()
  const since = (at: Date | null): number => (at === null ? 0 : Math.max(0, now - at.getTime()) / 1_000)
  for (const [status, count] of found?.counts.open ?? []) metrics.grants.set({ status }, count)
  if (found !== null) metrics.grants.set({ status: 'over' }, found.counts.over)
  for (const owed of ['give', 'take'] as const) {
    const debt = found?.counts.owed[owed]
    show(metrics.owed, debt?.count, { owed })
    show(metrics.oldestOwed, debt && since(debt.oldestAt), { owed })
  }
  show(metrics.late, found?.counts.late)
  show(metrics.oldestPending, found?.counts && since(found.counts.oldestPendingAt))
  show(metrics.oldestDue, found?.counts && since(found.counts.oldestDueAt))
  show(metrics.unshown, found?.counts.unshown)
  show(metrics.recordEntries, found?.record?.entries)
  show(metrics.recordWaiting, found?.record?.waiting)
  show(metrics.recordUnsent, found?.record?.unsent ?? undefined)
  for (const { name } of found === null ? [] : jobs) {
    const ageMs = (found?.ageMs(name) ?? Infinity) + elapsedMs() - (found?.askedAtMs ?? 0)
    // One that never ran has no age.
    if (ageMs < Infinity) metrics.jobAge.set({ name }, ageMs / 1_000)
  }
}

function showReplica(metrics: Metrics, { jobs, clock, slack, systems }: Sources): void {
  for (const { name, overdueMs } of jobs) metrics.jobOverdue.set({ name }, overdueMs / 1_000)
  metrics.clockError.set(clock.errorMs() / 1_000)
  metrics.clockSure.set(clock.isSure() ? 1 : 0)
  metrics.machineClock.set((Date.now() - clock.now().getTime()) / 1_000)
  metrics.slackConnected.set(slack.isConnected() ? 1 : 0)
  metrics.slackAnswers.set(slack.answers() ? 1 : 0)
  metrics.systems.reset()
  for (const { kind, state } of systems()) metrics.systems.inc({ kind, state })
}

function show<L extends string>(
  gauge: Gauge<L>,
  value: number | undefined,
  labels?: Record<L, string>,
): void {
  if (value === undefined) gauge.remove(labels ?? {})
  else if (labels === undefined) gauge.set(value)
  else gauge.set(labels, value)
}

/** Asked once for all who want it, and not again for a while after. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly answer: Promise<T>; readonly askedAtMs: number } | null = null
  return () => {
    const nowMs = elapsedMs()
    if (known === null || nowMs - known.askedAtMs > askEveryMs) known = { answer: ask(), askedAtMs: nowMs }
    return known.answer
  }
}
