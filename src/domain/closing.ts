import type { Grant } from './grant.ts'
import type { PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'

/** A request is over, and no reviewer decided it. */
export type CloseEvent =
  | { type: 'withdraw'; by: PersonRef; supersededBy: string | null }
  | { type: 'lapse' }
  /** Whoever asked, or was to hold it, left. */
  | { type: 'drop'; note: string }

export function close(grant: Grant, event: CloseEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'pending') return refuse('decided', { grant })
  const withdrawn = { ...grant, status: 'withdrawn' as const, closedAt: now }
  switch (event.type) {
    case 'withdraw':
      return {
        ...withdrawn,
        supersededBy: event.supersededBy,
        withdrawnBy: event.by,
        closedBecause: null,
      }
    case 'drop':
      return { ...withdrawn, supersededBy: null, withdrawnBy: null, closedBecause: event.note }
    case 'lapse':
      return now >= grant.lapsesAt
        ? { ...grant, status: 'lapsed', closedAt: now }
        : refuse('decided', { grant })
  }
}

/** Who took it back; of what was withdrawn before that was noted, as its history says. */
export const whoWithdrew = (grant: Grant): PersonRef =>
  (grant.status === 'withdrawn' ? grant.withdrawnBy : null) ??
  grant.history.findLast((entry) => entry.type === 'withdrawn')?.by ??
  grant.requester
