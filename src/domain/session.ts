import type { SessionRules } from './catalog.ts'
import type { Confirmation } from './confirmation.ts'
import { moved } from './extension.ts'
import type { Active, Grant } from './grant.ts'
import { refuse, type Refusal } from './refusal.ts'
import type { PersonRef } from './person.ts'

/*
 * A session: held by whoever confirms who they are, without an admin. It ends by itself; confirming again before that
 * moves its end, never past the longest that was fixed when it began.
 */

export interface ConfirmAgain {
  readonly type: 'confirm-again'
  readonly by: PersonRef
  /** The end that they saw. */
  readonly seenEndsAt: Date
  readonly confirmation: Confirmation
  readonly rules: SessionRules
}

/** Until when confirming now would make it last, or why it would not. `early`: not before `from`. */
export type MayRenew =
  { readonly endsAt: Date } | { readonly not: 'total' } | { readonly not: 'early'; readonly from: Date }

export function mayRenew(
  { endsAt, notAfter }: Pick<Active, 'endsAt' | 'notAfter'>,
  { lengthMs, renewMs }: SessionRules,
  now: Date,
): MayRenew {
  const next = new Date(Math.min(now.getTime() + lengthMs, notAfter?.getTime() ?? Infinity))
  const from = new Date(endsAt.getTime() - renewMs)
  if (notAfter !== null && endsAt >= notAfter) return { not: 'total' }
  if (now < from || next <= endsAt) return { not: 'early', from }
  return { endsAt: next }
}

/** It wins whole, or it is too late: what ends is not begun again by it. */
export function confirmAgain(grant: Grant, event: ConfirmAgain, now: Date): Grant | Refusal {
  const { by, confirmation, rules, seenEndsAt } = event
  if (grant.status === 'revoking' || grant.status === 'ended') return refuse('too-late', { grant })
  if (grant.status !== 'active' || !grant.isSession) return refuse('not-held', { grant })
  if (grant.endsAt.getTime() !== seenEndsAt.getTime()) return refuse('extended-already', { grant })
  const may = mayRenew(grant, rules, now)
  if ('not' in may) return refuse(`extend-${may.not}`, { grant })
  const addMs = may.endsAt.getTime() - grant.endsAt.getTime()
  const added = {
    askedAt: now,
    by,
    confirmation: null,
    addMs,
    outcome: 'added' as const,
    needs: 0,
    approvedBy: [],
    deniedBy: null,
  }
  const renewed = {
    ...grant,
    extensions: [...grant.extensions, added],
    confirmations: [...grant.confirmations, confirmation],
  }
  return moved(renewed, addMs, now)
}
