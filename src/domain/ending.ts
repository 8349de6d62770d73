import { approvedPart } from './approved-part.ts'
import { withoutWaiting } from './extension.ts'
import type { EndCause, Ended, Grant, Recurring, Revoking, Waiting } from './grant.ts'
import { after } from './instants.ts'
import type { PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'
import { stopWindows } from './series.ts'

export type EndEvent = {
  type: 'end'
  cause: EndCause
  by: PersonRef | null
  note: string | null
  takeAt: Date
}

export type TakenEvent = { type: 'taken'; left: Ended['left']; keptUntil: Date | null }

/** Whoever entered `granting` leaves through here, even when giving failed: a timed-out call may still have worked. */
export function end(grant: Grant, event: EndEvent, now: Date): Revoking | Ended | Recurring | Refusal {
  if ((grant.status === 'revoking' || grant.status === 'ended') && isOverNow(grant, event))
    return { ...grant, cause: event.cause, endedBy: event.by, endNote: event.note }
  if (grant.status === 'revoking') return refuse('too-late', { grant })
  if (grant.status === 'waiting') return neverOpened(grant, event, now)
  if (grant.status === 'recurring') return stopWindows(grant, event, now)
  if (grant.status !== 'granting' && grant.status !== 'active') return refuse('not-held', { grant })
  if (event.cause === 'expired' && event.takeAt < grant.endsAt) return refuse('not-held', { grant })
  return {
    ...approvedPart(grant),
    extensions: withoutWaiting(grant.extensions),
    status: 'revoking',
    cause: event.cause,
    endedBy: event.by,
    endNote: event.note,
    takeAt: event.takeAt,
    activeAt: grant.status === 'active' ? grant.activeAt : null,
    tries: 0,
    lastError: null,
    isAway: false,
    mayAppearUntil: null,
    retryAt: event.takeAt,
    alertAt: after(event.takeAt, grant.alertMs),
    alertedAt: null,
  }
}

/** Cut by its device it might go on by itself: not where somebody says that it is over, or its holder left. */
const isOverNow = ({ cause }: Revoking | Ended, event: EndEvent): boolean =>
  cause === 'unfit' && final.includes(event.cause)
const final: readonly EndCause[] = ['revoked', 'released', 'offboarded']

/** Nothing was called while it waited, so there is nothing to take back or to check. */
function neverOpened(grant: Waiting, event: EndEvent, now: Date): Ended | Refusal {
  if (event.cause === 'expired') return refuse('not-held', { grant })
  return {
    ...approvedPart(grant),
    status: 'ended',
    cause: event.cause,
    endedBy: event.by,
    endNote: event.note,
    takeAt: now,
    activeAt: null,
    endedAt: now,
    left: 'never-given',
    keptUntil: null,
  }
}

export function settled(grant: Grant, event: TakenEvent, now: Date): Ended | Refusal {
  if (grant.status !== 'revoking' || now < grant.takeAt) return refuse('not-held', { grant })
  return {
    ...approvedPart(grant),
    status: 'ended',
    cause: grant.cause,
    endedBy: grant.endedBy,
    endNote: grant.endNote,
    takeAt: grant.takeAt,
    activeAt: grant.activeAt,
    endedAt: now,
    left: event.left,
    keptUntil: event.keptUntil,
  }
}
