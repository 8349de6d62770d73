import type { Entitlement } from './catalog.ts'
import { formatDuration } from './duration.ts'
import { refuse, type Refusal } from './refusal.ts'
import { fitsWithin, fixedWindowAt, nextFixedWindow, type FixedWindow } from './windows/fixed.ts'
import { windowCount, type Pattern } from './windows/pattern.ts'
import { whyUnusable } from './windows/problem.ts'
import { windowAt } from './windows/window.ts'

/** When somebody wants it: as soon as it is approved, from a moment on, or again and again. */
export interface Wish {
  readonly durationMs: number
  readonly startsAt: Date | null
  readonly recurrence: Recurrence | null
}

/** A pattern without what each window lasts. */
export type Recurrence = Omit<Pattern, 'durationMs'>

/** When it would be given. */
export interface Timing {
  readonly startsAt: Date | null
  readonly pattern: Pattern | null
  /** Where the catalog says when it may be held at all: the end of that stretch. */
  readonly notAfter: Date | null
  /** Nobody needs to answer any more once there is nothing left to approve. */
  readonly pointlessAt: Date | null
}

type Rules = Pick<Entitlement, 'startsWithinMs' | 'windows'>

/** What was wished, fitted into what the catalog allows, or why it cannot be. */
export function timingOf(wish: Wish, rules: Rules, now: Date): Timing | Refusal {
  if (wish.recurrence !== null)
    return recurring({ ...wish.recurrence, durationMs: wish.durationMs }, rules, now)
  const only = rules.windows?.only ?? []
  if (wish.startsAt !== null && !isStart(wish.startsAt, rules, now)) return refuse('bad-start')
  if (only.length > 0) return inside(only, wish, now)
  return { startsAt: wish.startsAt, pattern: null, notAfter: null, pointlessAt: wish.startsAt }
}

const isStart = (at: Date, { startsWithinMs }: Rules, now: Date): boolean =>
  startsWithinMs !== null && at > now && at.getTime() <= now.getTime() + startsWithinMs

function recurring(pattern: Pattern, { windows }: Rules, now: Date): Timing | Refusal {
  if (windows?.untilMs == null) return refuse('bad-pattern', { reasons: ['This cannot be had every week'] })
  const problem = whyUnusable(pattern, now) ?? outside(pattern, windows.only)
  if (problem !== null) return refuse('bad-pattern', { reasons: [problem.words] })
  const last = windowAt(pattern, windowCount(pattern) - 1)
  if (last.start.getTime() > now.getTime() + windows.untilMs) {
    return refuse('bad-pattern', { reasons: [`The most is ${formatDuration(windows.untilMs)} ahead.`] })
  }
  return { startsAt: null, pattern, notAfter: null, pointlessAt: last.end }
}

/** May each of its windows last this long, by the rules of now? */
export const mayLast = (pattern: Pattern, rules: Rules, now: Date): boolean =>
  whyUnusable(pattern, now) === null && outside(pattern, rules.windows?.only ?? []) === null

/** Is what was asked for then, to start or to open when it was asked to, still to be had so by the rules of now? */
export function isStillTimely(
  asked: { readonly pattern: Pattern | null; readonly startsAt: Date | null },
  rules: Rules,
  now: Date,
): boolean {
  const { pattern, startsAt } = asked
  const only = rules.windows?.only ?? []
  if (pattern !== null) {
    const untilMs = rules.windows?.untilMs ?? null
    const last = windowAt(pattern, windowCount(pattern) - 1)
    return untilMs !== null && fitsOnly(pattern, only) && last.start.getTime() <= now.getTime() + untilMs
  }
  const open = only.length === 0 ? null : fixedWindowAt(only, startsAt ?? now)
  if (only.length > 0 && open === null) return false
  // What was asked for at once starts with the catalog's own next window, where it has any.
  const isItsOwn = startsAt === null || open?.start.getTime() === startsAt.getTime()
  return isItsOwn || startsAt <= now || isStart(startsAt, rules, now)
}

/** Whether its windows lie inside those of the catalog, where it has any. */
export const fitsOnly = (pattern: Pattern, only: readonly FixedWindow[]): boolean =>
  only.length === 0 || fitsWithin(pattern, only)

const outside = (pattern: Pattern, only: readonly FixedWindow[]): { words: string } | null =>
  fitsOnly(pattern, only) ? null : { words: `This is to be had only ${describeOnly(only)}.` }

/** Once, within one of the catalog's own windows: the one that is open now, if there is time enough, or the next. */
function inside(only: readonly FixedWindow[], { durationMs, startsAt }: Wish, now: Date): Timing | Refusal {
  const fits = (from: Date, end: Date) => end.getTime() - from.getTime() >= durationMs
  const open = fixedWindowAt(only, startsAt ?? now)
  if (open !== null && fits(startsAt ?? now, open.end)) {
    return { startsAt, pattern: null, notAfter: open.end, pointlessAt: startsAt ?? open.end }
  }
  const words = `This is to be had only ${describeOnly(only)}.`
  if (startsAt !== null) return refuse('outside-windows', { reasons: [words] })
  const next = nextFixedWindow(only, now)
  if (next === null || !fits(next.start, next.end)) return refuse('outside-windows', { reasons: [words] })
  return { startsAt: next.start, pattern: null, notAfter: next.end, pointlessAt: next.start }
}

/** "Sat 06:00 to 10:00 (Europe/Berlin)" */
export const describeOnly = (only: readonly FixedWindow[]): string =>
  only
    .map(({ weekdays, start, end, zone }) => {
      const days = weekdays.map((day) => weekdayNames[day - 1] ?? '').join(', ')
      return `${days} ${start} to ${end} (${zone})`
    })
    .join('; ')

export const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
