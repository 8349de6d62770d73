import type { Granting } from './grant.ts'

/** A shorter warning would come when the end is already being prepared. */
const leastWarningMs = 5_000

/** 15 minutes or a fifth of the time, whichever is less, unless the catalog says otherwise; never with less time left. */
export function warnAt(
  { warnMs, durationMs, endsAt }: Pick<Granting, 'warnMs' | 'durationMs' | 'endsAt'>,
  leftMs: number,
): Date | null {
  const leadMs = warnMs ?? Math.min(15 * 60_000, durationMs / 5)
  if (leadMs < leastWarningMs || leadMs >= leftMs) return null
  return after(endsAt, -leadMs)
}

const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms)
