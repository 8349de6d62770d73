import { approvedPart } from './approved-part.ts'
import { owedFor } from './debt.ts'
import type { Grant, Secret } from './grant.ts'
import { after, later } from './instants.ts'
import { isSamePerson, type PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'
import { warnAt } from './warning.ts'

/** Its opening is near enough to be prepared. */
export type OpenEvent = { type: 'open'; leadMs: number }

export interface GivenEvent {
  readonly type: 'given'
  readonly heldUntil: Date
  readonly heldBefore: boolean
  /** What its holder may ask to be shown, where giving it makes a secret. */
  readonly secret?: Secret | null
}

/** A secret was made and is about to be shown to its holder. */
export interface ShownEvent {
  readonly type: 'shown'
  readonly by: PersonRef
  readonly on: 'modal' | 'page'
}

/** From here on it is owed: given at this instant, and tried from now on. */
export const startGiving = ({ alertMs }: { alertMs: number }, now: Date, giveAt: Date) => ({
  status: 'granting' as const,
  giveAt,
  tries: 0,
  lastError: null,
  isAway: false,
  mayAppearUntil: null,
  retryAt: now,
  alertAt: after(giveAt, alertMs),
  alertedAt: null,
})

export const open = (grant: Grant, { leadMs }: OpenEvent, now: Date): Grant | Refusal =>
  grant.status === 'waiting' && after(now, leadMs) >= grant.opensAt
    ? { ...approvedPart(grant), ...startGiving(grant, now, later(now, grant.opensAt)) }
    : refuse('not-held', { grant })

export function activate(
  grant: Grant,
  { heldUntil, heldBefore, secret = null }: GivenEvent,
  now: Date,
): Grant | Refusal {
  if (grant.status !== 'granting' || now < grant.giveAt) return refuse('not-held', { grant })
  return {
    ...approvedPart(grant),
    status: 'active',
    activeAt: now,
    heldUntil,
    heldBefore,
    // What was there before is not made anew: its holder has it.
    secret: heldBefore ? null : secret,
    owed: owedFor({ heldUntil, endsAt: grant.endsAt, owed: null }, now),
    lastWord: null,
    warnAt: warnAt(grant, grant.durationMs),
    warnedAt: null,
  }
}

/** Only to whoever holds it, and only while it is held. */
export function show(grant: Grant, { by }: ShownEvent, now: Date): Grant | Refusal {
  if (!isSamePerson(grant.subject, by)) return refuse('not-yours', { grant })
  if (grant.status !== 'active' || now >= grant.endsAt) return refuse('not-held', { grant })
  return grant.secret === null ? refuse('nothing-to-show', { grant }) : { ...grant }
}
