import { z } from 'zod'
import { dayAt, windowCount, type Pattern } from './pattern.ts'
import {
  DAY_MS,
  durationBetween,
  FURTHEST_OFFSET_MS,
  instantOf,
  isZone,
  msOfDay,
  sameZone,
  wallTime,
  weekdayList,
  weekdayOf,
} from './wall-clock.ts'

/**
 * When a catalog lets something be held at all: "only Saturdays 06:00 to 10:00". Both ends are read off the wall clock.
 * An `end` that is not after `start` is on the next day; `00:00` to `00:00` is the whole day.
 */
export const fixedWindowSchema = z.object({
  weekdays: weekdayList,
  start: wallTime,
  end: wallTime,
  zone: z.string().refine(isZone, 'an IANA time zone like Europe/Berlin'),
})

export type FixedWindow = z.infer<typeof fixedWindowSchema>

/** Open from `start`, shut at `end`. */
export interface Stretch {
  readonly start: Date
  readonly end: Date
}

/**
 * Whether each window of the pattern lies inside one of the fixed ones, in the same zone and as clocks read on an
 * ordinary day. On the day of a change of clocks a window lasts its elapsed time all the same, so it may then end up
 * to the size of that change after the fixed one. Throws RangeError for an unknown zone.
 */
export function fitsWithin(pattern: Pattern, fixed: readonly FixedWindow[]): boolean {
  const here = fixed.filter(({ zone }) => sameZone(zone, pattern.zone))
  return occurringWeekdays(pattern).every((weekday) => here.some((one) => encloses(one, pattern, weekday)))
}

/** As many windows in a row as there are weekdays fall on each of them once. */
function occurringWeekdays(pattern: Pattern): number[] {
  const length = Math.min(pattern.weekdays.length, windowCount(pattern))
  return Array.from({ length }, (_, index) => weekdayOf(dayAt(pattern, index)))
}

function encloses({ weekdays, start, end }: FixedWindow, pattern: Pattern, weekday: number): boolean {
  return weekdays.some((opening) => {
    const sinceOpening = (weekday - opening) * DAY_MS + msOfDay(pattern.start) - msOfDay(start)
    const weekMs = 7 * DAY_MS
    return ((sinceOpening + weekMs) % weekMs) + pattern.durationMs <= durationBetween(start, end)
  })
}

/** The fixed window open at this instant (start <= at < end), the one open longest of several; null if none is. */
export function fixedWindowAt(fixed: readonly FixedWindow[], at: Date): Stretch | null {
  const instant = at.getTime()
  const open = fixed.flatMap((one) => {
    const first = instant - FURTHEST_OFFSET_MS - durationBetween(one.start, one.end)
    return [...stretches(one, first, instant + FURTHEST_OFFSET_MS)].filter(
      ({ start, end }) => start <= at && at < end,
    )
  })
  return open.reduce<Stretch | null>((best, one) => (best === null || one.end > best.end ? one : best), null)
}

/** The first fixed window that starts at `after` or later, the longest of several; null only if there are none. */
export function nextFixedWindow(fixed: readonly FixedWindow[], after: Date): Stretch | null {
  return fixed.reduce<Stretch | null>((best, one) => {
    const next = nextOf(one, after)
    return next !== null && (best === null || isBefore(next, best)) ? next : best
  }, null)
}

const isBefore = (one: Stretch, other: Stretch): boolean =>
  one.start < other.start || (one.start.getTime() === other.start.getTime() && one.end > other.end)

/** Three weeks: a change of clocks may swallow one whole window, or put one off by a day. */
function nextOf(one: FixedWindow, after: Date): Stretch | null {
  const instant = after.getTime()
  for (const stretch of stretches(one, instant - FURTHEST_OFFSET_MS, instant + 21 * DAY_MS)) {
    if (stretch.start >= after) return stretch
  }
  return null
}

/** Ascending; those that open between two readings of the clock, taken as if it stood in UTC. */
function* stretches(one: FixedWindow, firstReading: number, lastReading: number): Generator<Stretch> {
  const opensMs = msOfDay(one.start)
  const closesMs = opensMs + durationBetween(one.start, one.end)
  const last = Math.floor((lastReading - opensMs) / DAY_MS)
  for (let day = Math.ceil((firstReading - opensMs) / DAY_MS); day <= last; day++) {
    if (!one.weekdays.includes(weekdayOf(day))) continue
    const start = instantOf(day, opensMs, one.zone)
    const end = instantOf(day, closesMs, one.zone)
    if (start < end) yield { start: new Date(start), end: new Date(end) }
  }
}
