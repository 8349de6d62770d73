import { formatDuration } from '../duration.ts'
import { closestDays, dateInWords, daysInWords, windowCount, type Pattern } from './pattern.ts'
import { DAY_MS, isZone } from './wall-clock.ts'
import { nextWindow, windowAt } from './window.ts'

export const MAX_WINDOWS = 10_000
export const MAX_WINDOW_MS = 7 * DAY_MS

/** Why a pattern can't be agreed on. `words` is a sentence for whoever asked. */
export type PatternProblem = { readonly words: string } & (
  | { readonly why: 'no-such-zone' }
  | { readonly why: 'no-duration' }
  | { readonly why: 'too-long' }
  | { readonly why: 'until-before-from' }
  | { readonly why: 'no-day-inside' }
  | { readonly why: 'all-past'; readonly lastEndedAt: Date }
  | { readonly why: 'too-many'; readonly count: number }
  /** The window on `date` would still be open when the next one starts, `gapMs` after it. */
  | { readonly why: 'overlap'; readonly date: string; readonly gapMs: number }
)

/**
 * Null when the pattern has windows, at least one of them not over yet, and none overlaps another, in real time: on
 * days of 23 hours too. Back to back is fine. Where windows lie close together it looks at each: some 0.1 s for 10,000.
 */
export function whyUnusable(pattern: Pattern, now: Date): PatternProblem | null {
  return (
    badZone(pattern) ?? badDuration(pattern) ?? badDates(pattern) ?? allPast(pattern, now) ?? overlap(pattern)
  )
}

function badZone({ zone }: Pattern): PatternProblem | null {
  if (isZone(zone)) return null
  return {
    why: 'no-such-zone',
    words: `There is no time zone called "${zone}"; one is called "Europe/Berlin".`,
  }
}

function badDuration({ durationMs }: Pattern): PatternProblem | null {
  if (durationMs > MAX_WINDOW_MS) {
    const words = `A window may last ${formatDuration(MAX_WINDOW_MS)} at most, not ${formatDuration(durationMs)}.`
    return { why: 'too-long', words }
  }
  return durationMs > 0 ? null : { why: 'no-duration', words: 'A window must last some time.' }
}

function badDates(pattern: Pattern): PatternProblem | null {
  const from = dateInWords(pattern.from)
  const until = dateInWords(pattern.until)
  if (pattern.until < pattern.from) {
    return { why: 'until-before-from', words: `The last date, ${until}, is before the first, ${from}.` }
  }
  const count = windowCount(pattern)
  if (count > MAX_WINDOWS) {
    const words = `That makes ${inThousands.format(count)} windows; ${inThousands.format(MAX_WINDOWS)} is the most.`
    return { why: 'too-many', count, words }
  }
  if (count > 0) return null
  const words = `Nothing falls on ${from} to ${until}: ${daysInWords(pattern)} is none of those days.`
  return { why: 'no-day-inside', words }
}

function allPast(pattern: Pattern, now: Date): PatternProblem | null {
  if (nextWindow(pattern, now, true) !== null) return null
  const last = windowAt(pattern, windowCount(pattern) - 1)
  const words = `All of its windows are over; the last was on ${dateInWords(last.date)}.`
  return { why: 'all-past', lastEndedAt: last.end, words }
}

function overlap(pattern: Pattern): PatternProblem | null {
  const { durationMs } = pattern
  // The most that a zone's clock ever skipped at once is a day: Pacific/Apia, 2011.
  if (durationMs <= (closestDays(pattern) - 1) * DAY_MS) return null
  const count = windowCount(pattern)
  let window = windowAt(pattern, 0)
  for (let index = 1; index < count; index++) {
    const next = windowAt(pattern, index)
    const gapMs = next.start.getTime() - window.start.getTime()
    if (gapMs < durationMs) {
      const words = `A window lasts ${formatDuration(durationMs)}, but the one after ${dateInWords(window.date)} starts ${formatDuration(gapMs)} later.`
      return { why: 'overlap', date: window.date, gapMs, words }
    }
    window = next
  }
  return null
}

const inThousands = new Intl.NumberFormat('en-GB')
