import { dayAt, ordinalOf, windowCount, type Pattern } from './pattern.ts'
import { DAY_MS, dateOf, FURTHEST_OFFSET_MS, instantOf, msOfDay } from './wall-clock.ts'

/** One stretch of a pattern: open from `start`, shut at `end`. */
export interface Window {
  /** From 0; the same whatever a zone's rules become. */
  readonly index: number
  /** The wall-clock date it belongs to, `YYYY-MM-DD`. */
  readonly date: string
  /** When clocks first read the pattern's start on that date; the first instant after it where they skip it. */
  readonly start: Date
  /** `start` and exactly `durationMs` of elapsed time. */
  readonly end: Date
}

/**
 * The first window that starts at `after` or later; with `includeRunning` the one open at `after` (start <= after < end)
 * comes before it. Null when there is none left.
 *
 * Costs the same however many windows came before. Throws RangeError for a zone that this machine doesn't know.
 */
export function nextWindow(pattern: Pattern, after: Date, includeRunning: boolean): Window | null {
  return firstFrom(pattern, after.getTime() - (includeRunning ? pattern.durationMs - 1 : 0))
}

/** How many windows start later than `after`: arithmetic, like `nextWindow`. */
export function windowsLeft(pattern: Pattern, after: Date): number {
  const next = firstFrom(pattern, after.getTime() + 1)
  return next === null ? 0 : windowCount(pattern) - next.index
}

/** The window with this ordinal, which must be one of the pattern's: 0 up to `windowCount`. */
export function windowAt(pattern: Pattern, index: number): Window {
  const day = dayAt(pattern, index)
  const start = instantOf(day, msOfDay(pattern.start), pattern.zone)
  return { index, date: dateOf(day), start: new Date(start), end: new Date(start + pattern.durationMs) }
}

/** Starts never go back, so the first one found is the first there is. */
function firstFrom(pattern: Pattern, instant: number): Window | null {
  const count = windowCount(pattern)
  const day = Math.ceil((instant - FURTHEST_OFFSET_MS - msOfDay(pattern.start)) / DAY_MS)
  for (let index = Math.max(0, ordinalOf(pattern, day)); index < count; index++) {
    const window = windowAt(pattern, index)
    if (window.start.getTime() >= instant) return window
  }
  return null
}
