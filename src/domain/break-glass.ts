import { isApproved, type AfterReview, type Approved, type Grant } from './grant.ts'
import { isSameHuman, type PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'

/*
 * Breaking glass: access at once, where the catalog allows it, that nobody was asked for. It is given, held and taken
 * back like any other; a review is owed until somebody other than its holder closes it.
 */

export type BreakGlassEvent =
  | { type: 'close-review'; by: PersonRef; note: string }
  /** The review is still owed: people are told again. */
  | { type: 'remind' }

export const reviewOwed = (
  remindMs: number,
  { brokenBefore, isUnconfirmed }: Pick<AfterReview, 'brokenBefore' | 'isUnconfirmed'>,
  now: Date,
): AfterReview => ({
  brokenBefore,
  isUnconfirmed,
  remindAt: new Date(now.getTime() + remindMs),
  remindMs,
  reminded: 0,
  closedAt: null,
  closedBy: null,
  note: null,
})

export const owesReview = (grant: Grant): grant is Approved & { afterReview: AfterReview } =>
  isApproved(grant) && grant.afterReview !== null && grant.afterReview.closedAt === null

export function applyToReview(grant: Grant, event: BreakGlassEvent, now: Date): Grant | Refusal {
  if (!owesReview(grant)) return refuse('review-closed', { grant })
  const { afterReview } = grant
  if (event.type === 'remind') {
    if (afterReview.remindAt === null || now < afterReview.remindAt) return refuse('not-held', { grant })
    const remindAt = new Date(now.getTime() + afterReview.remindMs)
    return { ...grant, afterReview: { ...afterReview, remindAt, reminded: afterReview.reminded + 1 } }
  }
  const { by, note } = event
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  return { ...grant, afterReview: { ...afterReview, remindAt: null, closedAt: now, closedBy: by, note } }
}
