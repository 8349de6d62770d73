import type { Span } from './diary.ts'

/** Stretches of time, and what they have in common. */

/** What of a span none of the others covers. */
export function without({ from, to }: Span, others: readonly Span[]): Span[] {
  const rest: Span[] = []
  let at = from
  for (const other of merged(others)) {
    if (other.to <= at) continue
    if (other.from >= to) break
    if (other.from > at) rest.push({ from: at, to: other.from })
    at = Math.max(at, other.to)
  }
  if (at < to) rest.push({ from: at, to })
  return rest
}

export function merged(spans: readonly Span[]): Span[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

/** What both cover. */
export const crossed = (some: readonly Span[], others: readonly Span[]): Span[] =>
  some.flatMap((one) =>
    others.flatMap((other) => {
      const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)]
      return from < to ? [{ from, to }] : []
    }),
  )

/** For how long of this any of those was. */
export const lengthWithin = (those: readonly Span[], span: Span): number =>
  merged(crossed(those, [span])).reduce((sum, { from, to }) => sum + to - from, 0)

export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23)
