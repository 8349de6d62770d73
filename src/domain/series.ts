import type { Ended, EndCause, Grant, Recurring, WindowOf } from './grant.ts'
import type { Happened } from './happened.ts'
import type { PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'
import { describePattern, windowCount, type Pattern } from './windows/pattern.ts'
import { nextWindow, windowAt, type Window } from './windows/window.ts'

/*
 * A recurring grant gives nothing itself. Shortly before each of its windows it makes a grant of its own for it, which
 * lives like any other: given, held, taken back, read back. So a window costs the same however many came before it, and
 * may open while the one before is still being taken back.
 */

/** How long before a window opens its grant is made. */
export const prepareMs = 60_000

export type SeriesEvent =
  /** The grant of window `index` is written; the windows before it that were not were missed. */
  | { type: 'made'; index: number }
  | { type: 'skip'; by: PersonRef; index: number }
  /** Its windows are not all over yet: to be looked at again. */
  | { type: 'windows-open'; until: Date }
  /** The last of its windows has ended. */
  | { type: 'windows-over'; left: Ended['left']; keptUntil: Date | null }

export type StopSeries = { cause: EndCause; by: PersonRef | null; note: string | null }

/** The window, skipped ones aside, that comes first from this ordinal on; null if none is left. */
function windowFrom(pattern: Pattern, index: number, skipped: readonly number[]): Window | null {
  const count = windowCount(pattern)
  for (let at = index; at < count; at++) if (!skipped.includes(at)) return windowAt(pattern, at)
  return null
}

const nextOf = (pattern: Pattern, index: number, skipped: readonly number[]): Recurring['next'] => {
  const window = windowFrom(pattern, index, skipped)
  return window && { index: window.index, opensAt: window.start }
}

/** From the approval on: the window that is open at this moment is the first. */
export function startSeries(pattern: Pattern, now: Date) {
  const running = nextWindow(pattern, now, true)
  return {
    status: 'recurring' as const,
    endsAt: windowAt(pattern, windowCount(pattern) - 1).end,
    next: running && { index: running.index, opensAt: running.start },
    made: null,
    skipped: [],
    missed: 0,
    stop: null,
    lookAt: now,
  }
}

/** What is to be made now: the next window, or the newest of those that are over and were missed. Null: nothing yet. */
export function windowToMake({ pattern, next, skipped }: Recurring, now: Date): Window | null {
  if (next === null || next.opensAt.getTime() - prepareMs > now.getTime()) return null
  const running = nextWindow(pattern, now, true)
  const last = running === null ? windowCount(pattern) - 1 : running.index - 1
  const first = windowAt(pattern, next.index)
  if (first.end > now) return first
  for (let at = last; at > next.index; at--) if (!skipped.includes(at)) return windowAt(pattern, at)
  return first
}

/** The same whoever makes it, and however often. Without a dot: a hold keeps its claims by it. */
export const windowGrantId = (seriesId: string, index: number): string => `${seriesId}-${index}`

export const isWindowOf = (grant: Grant, seriesId: string): boolean => grant.window?.seriesId === seriesId

/** Why a window must stay shut, whatever the rules say; null if nothing speaks against it. */
export function whyShut(series: Grant | null, { index }: WindowOf): string | null {
  if (series?.status !== 'recurring') return 'its series has ended'
  if (series.stop !== null) return 'its series was stopped'
  return series.skipped.includes(index) ? 'it was skipped' : null
}

/** Windows that are still to come, skipped ones aside. */
export function windowsToCome({ pattern, next, skipped }: Recurring): number {
  if (next === null) return 0
  return windowCount(pattern) - next.index - skipped.filter((index) => index > next.index).length
}

export function applyToSeries(grant: Grant, event: SeriesEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'recurring') return refuse('not-held', { grant })
  switch (event.type) {
    case 'made':
      return made(grant, event.index)
    case 'skip':
      return skip(grant, event.index)
    case 'windows-open':
      return { ...grant, lookAt: event.until }
    case 'windows-over':
      return grant.stop !== null || grant.next === null
        ? over(grant, event, now)
        : refuse('not-held', { grant })
  }
}

function made(grant: Recurring, index: number): Grant | Refusal {
  const { pattern, next, skipped } = grant
  // Skipped since it was chosen: making it would forget that.
  if (next === null || index < next.index || grant.stop !== null || skipped.includes(index))
    return refuse('not-held', { grant })
  const passed = skipped.filter((one) => one > next.index && one < index).length
  return {
    ...grant,
    made: index,
    next: nextOf(pattern, index + 1, skipped),
    // What lies behind is not asked after any more.
    skipped: skipped.filter((one) => one > index),
    missed: grant.missed + (index - next.index - passed),
  }
}

function skip(grant: Recurring, index: number): Grant | Refusal {
  const { pattern, next, stop } = grant
  if (stop !== null || next === null || index < next.index || index >= windowCount(pattern))
    return refuse('not-held', { grant })
  if (grant.skipped.includes(index)) return grant
  const skipped = [...grant.skipped, index].sort((a, b) => a - b)
  return { ...grant, skipped, next: nextOf(pattern, next.index, skipped) }
}

/** No more windows open; those that are open are ended with it. */
export function stopWindows(grant: Recurring, stop: StopSeries, now: Date): Recurring | Refusal {
  return grant.stop === null
    ? { ...grant, stop: { ...stop, at: now }, lookAt: now }
    : refuse('too-late', { grant })
}

function over(
  grant: Recurring,
  { left, keptUntil }: Extract<SeriesEvent, { type: 'windows-over' }>,
  now: Date,
): Ended {
  const { next: _n, made: _m, skipped: _s, missed: _mi, stop, lookAt: _l, ...approved } = grant
  return {
    ...approved,
    status: 'ended',
    cause: stop?.cause ?? 'expired',
    endedBy: stop?.by ?? null,
    endNote: stop?.note ?? null,
    takeAt: stop?.at ?? now,
    activeAt: null,
    endedAt: now,
    left,
    keptUntil,
  }
}

/** When a series needs someone: to make its next window, or to see whether its windows are over. */
export function seriesDueAt({ stop, next, endsAt, lookAt }: Recurring): Date {
  if (stop !== null) return lookAt
  if (next !== null) return new Date(next.opensAt.getTime() - prepareMs)
  return lookAt > endsAt ? lookAt : endsAt
}

/** Windows have histories of their own: what is usual is not said here. */
export function seriesHistory(before: Grant, next: Grant, event: SeriesEvent, at: Date): Happened | null {
  switch (event.type) {
    case 'skip':
      return { type: 'skipped', at, by: event.by, number: event.index + 1 }
    case 'made': {
      const missed = missedBy(next) - missedBy(before)
      return missed > 0 ? { type: 'missed', at, count: missed, before: event.index + 1 } : null
    }
    case 'windows-over':
      return { type: 'series-over', at }
    case 'windows-open':
      return null
  }
}

const missedBy = (grant: Grant): number => (grant.status === 'recurring' ? grant.missed : 0)

export const describeSeries = ({ pattern }: Grant): string | null => pattern && describePattern(pattern)
