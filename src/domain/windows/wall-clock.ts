import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'

export const MINUTE_MS = 60_000
export const DAY_MS = 24 * 60 * MINUTE_MS

/** No zone's clock has ever been further from UTC, so no wall-clock time happens further from the same time in UTC. */
export const FURTHEST_OFFSET_MS = 16 * 60 * MINUTE_MS

/** A time on a wall clock, `00:00` to `23:59`. */
export const wallTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time like 14:00')

/** ISO weekdays, 1 (Monday) to 7: ascending, each once, at least one. */
export const weekdayList = z
  .array(z.int().min(1).max(7))
  .min(1)
  .refine(
    (days) => days.every((day, i) => i === 0 || day > (days[i - 1] ?? 0)),
    'weekdays ascending, each once',
  )

/** Days since 1970-01-01. Counting in them needs no zone: a calendar's days are all alike. */
export const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS

export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** 1 (Monday) to 7. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

/** Milliseconds after midnight. */
export const msOfDay = (time: string): number =>
  Number(time.slice(0, 2)) * 60 * MINUTE_MS + Number(time.slice(3)) * MINUTE_MS

/** From one wall-clock time to the next such `end`, on an ordinary day: 22:00 to 02:00 is 4 h, 06:00 to 06:00 is 24 h. */
export const durationBetween = (start: string, end: string): number =>
  (msOfDay(end) - msOfDay(start) + DAY_MS) % DAY_MS || DAY_MS

/** Whether this is the IANA name of a zone known here, in any case. Offsets (`+02:00`) and abbreviations (`PST`) are not. */
export function isZone(name: string): boolean {
  // `SystemV/…` is ICU's own and goes away with it; what starts otherwise is an offset, or a date with a zone in it.
  if (!/^(?!systemv\/)[a-z][a-z0-9_+/-]*$/i.test(name)) return false
  try {
    epochIn(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Whether two names are of the same zone (`Asia/Kolkata`, `Asia/Calcutta`). Throws RangeError if one of them is unknown. */
export const sameZone = (one: string, other: string): boolean => epochIn(one).equals(epochIn(other))

const epochIn = (zone: string) => new Temporal.ZonedDateTime(0n, zone)

/**
 * The first instant at which clocks in `zone` read this day and time or later: the first of the two in an autumn
 * overlap; in a spring gap (or on a day the zone skipped) the first instant after it. A later time never comes earlier.
 * Throws RangeError for an unknown zone.
 */
export function instantOf(day: number, timeMs: number, zone: string): number {
  const wanted = day * DAY_MS + timeMs
  const utc = new Date(wanted)
  const zoned = new Temporal.PlainDateTime(
    utc.getUTCFullYear(),
    utc.getUTCMonth() + 1,
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
  ).toZonedDateTime(zone)
  const found = zoned.epochMilliseconds
  // Temporal answers a time inside a gap with one that is later by the whole gap.
  const skippedMs = found + zoned.offsetNanoseconds / 1e6 - wanted
  return skippedMs === 0 ? found : endOfGap(found - skippedMs, found, wanted, zone)
}

/** Bisects for the jump itself. `getTimeZoneTransition` misses some (tc39/proposal-temporal#3110, boa-dev/temporal#602). */
function endOfGap(before: number, after: number, wanted: number, zone: string): number {
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (clockAt(middle, zone) < wanted) before = middle
    else after = middle
  }
  return after
}

/** The date that calendars show there at this instant, `YYYY-MM-DD`. Throws RangeError for an unknown zone. */
export const dateIn = (zone: string, at: Date): string =>
  dateOf(Math.floor(clockAt(at.getTime(), zone) / DAY_MS))

/** What clocks in the zone read, as if they stood in UTC. */
const clockAt = (instant: number, zone: string): number =>
  instant + Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
