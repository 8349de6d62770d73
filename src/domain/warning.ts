import type { Grant, Granting } from './grant.ts'
import { after } from './instants.ts'
import { refuse, type Refusal } from './refusal.ts'

export type WarnEvent = { type: 'warn' }

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

export const warn = (grant: Grant, now: Date): Grant | Refusal =>
  grant.status === 'active' && grant.warnAt !== null && now >= grant.warnAt
    ? { ...grant, warnAt: null, warnedAt: now }
    : refuse('not-held', { grant })
