import { z } from 'zod'
import { formatDuration } from '../duration.ts'
import { DAY_MS, dayOf, MINUTE_MS, msOfDay, wallTime, weekdayList, weekdayOf } from './wall-clock.ts'

/**
 * Recurring windows, as agreed: plain JSON, stored as it is. Its windows are numbered by the calendar alone, so an
 * ordinal keeps its date when a zone's rules change.
 */
export const patternSchema = z.object({
  weekdays: weekdayList,
  /** Counted from the ISO week (Monday to Sunday) that `from` is in. */
  everyWeeks: z.int().min(1).max(52),
  /** The first date that may have a window, `YYYY-MM-DD`. */
  from: z.iso.date(),
  /** The last date that may have one. A window that starts on it still lasts its whole duration. */
  until: z.iso.date(),
  /** Wall-clock time in `zone` at which each window opens. */
  start: wallTime,
  /** Elapsed time that each lasts. */
  durationMs: z.int().positive(),
  /** IANA name. */
  zone: z.string(),
})

export type Pattern = z.infer<typeof patternSchema>

/** How many windows there are from first to last, past ones included. */
export const windowCount = (pattern: Pattern): number =>
  Math.max(0, ordinalOf(pattern, dayOf(pattern.until) + 1))

/** How many windows the pattern would have before this day if it never ended; negative before its first. */
export const ordinalOf = (pattern: Pattern, day: number): number =>
  matchesBefore(pattern, day) - matchesBefore(pattern, dayOf(pattern.from))

/** The day of the window with this ordinal. The inverse of `ordinalOf` on days that have one. */
export function dayAt(pattern: Pattern, index: number): number {
  const { weekdays, everyWeeks, from } = pattern
  const match = index + matchesBefore(pattern, dayOf(from))
  const cycle = Math.floor(match / weekdays.length)
  const weekday = weekdays[match - cycle * weekdays.length] ?? 1
  return mondayOf(dayOf(from)) + cycle * 7 * everyWeeks + weekday - 1
}

/** The least number of calendar days from one window to the next. */
export function closestDays({ weekdays, everyWeeks }: Pattern): number {
  const [first = 1] = weekdays
  return Math.min(...weekdays.map((day, i) => (weekdays[i + 1] ?? first + 7 * everyWeeks) - day))
}

/** Days that match since the Monday of the first week, without walking them. */
function matchesBefore({ weekdays, everyWeeks, from }: Pattern, day: number): number {
  const since = day - mondayOf(dayOf(from))
  const cycle = Math.floor(since / (7 * everyWeeks))
  const within = since - cycle * 7 * everyWeeks
  return cycle * weekdays.length + weekdays.filter((weekday) => weekday <= within).length
}

const mondayOf = (day: number): number => day - weekdayOf(day) + 1

/** "every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2027" */
export const describePattern = (pattern: Pattern): string =>
  `${daysInWords(pattern)}, ${hoursInWords(pattern)} ${pattern.zone}, until ${dateInWords(pattern.until)}`

/** "every weekday", "every 2 weeks on Monday and Thursday" */
export function daysInWords({ weekdays, everyWeeks }: Pattern): string {
  const days = weekdays.join('')
  if (everyWeeks === 1) return `every ${everyDay.get(days) ?? namesOf(weekdays)}`
  const stretch = stretches.get(days)
  return `every ${everyWeeks} weeks ${stretch ?? `on ${namesOf(weekdays)}`}`
}

const everyDay = new Map([
  ['1234567', 'day'],
  ['12345', 'weekday'],
])

const stretches = new Map([
  ['1234567', 'from Monday to Sunday'],
  ['12345', 'from Monday to Friday'],
])

const namesOf = (weekdays: readonly number[]): string =>
  list.format(weekdays.map((weekday) => weekdayName.format((weekday + 3) * DAY_MS)))

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' })
const weekdayName = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' })

function hoursInWords({ start, durationMs }: Pattern): string {
  if (durationMs % MINUTE_MS !== 0) return `${start} for ${formatDuration(durationMs)}`
  const endMs = msOfDay(start) + durationMs
  const end = new Date(endMs).toISOString().slice(11, 16)
  const daysLater = Math.floor(endMs / DAY_MS)
  if (daysLater === 0) return `${start} to ${end}`
  return `${start} to ${end} (${daysLater === 1 ? 'next day' : `${daysLater} days later`})`
}

/** "31 January 2027" */
export const dateInWords = (date: string): string => longDate.format(dayOf(date) * DAY_MS)

const longDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
