import { approvedPart } from './approved-part.ts'
import { owedNow } from './debt.ts'
import type { Grant } from './grant.ts'
import { after, later } from './instants.ts'
import { refuse, type Refusal } from './refusal.ts'
import { warnAt } from './warning.ts'

/** Its opening is near enough to be prepared. */
export type OpenEvent = { type: 'open'; leadMs: number }

export type GivenEvent = { type: 'given'; heldUntil: Date; heldBefore: boolean }

/** From here on it is owed: given at this instant, and tried from now on. */
export const startGiving = ({ alertMs }: { alertMs: number }, now: Date, giveAt: Date) => ({
  status: 'granting' as const,
  giveAt,
  tries: 0,
  lastError: null,
  retryAt: now,
  alertAt: after(giveAt, alertMs),
  alertedAt: null,
})

export const open = (grant: Grant, { leadMs }: OpenEvent, now: Date): Grant | Refusal =>
  grant.status === 'waiting' && after(now, leadMs) >= grant.opensAt
    ? { ...approvedPart(grant), ...startGiving(grant, now, later(now, grant.opensAt)) }
    : refuse('not-held', { grant })

export function activate(grant: Grant, { heldUntil, heldBefore }: GivenEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'granting' || now < grant.giveAt) return refuse('not-held', { grant })
  return {
    ...approvedPart(grant),
    status: 'active',
    activeAt: now,
    heldUntil,
    heldBefore,
    owed: heldUntil < grant.endsAt ? owedNow(now) : null,
    warnAt: warnAt(grant, grant.durationMs),
    warnedAt: null,
  }
}
