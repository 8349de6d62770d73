import type { Active, Granting, Revoking, Waiting } from './grant.ts'

/** What stays of an approved grant, whatever its status: what belongs to the status alone is left out. */
export function approvedPart(grant: Waiting | Granting | Active | Revoking) {
  const { id, revision, requestId, line, lines, resource, entitlement, system, canonical, channel } = grant
  const { requester, subject, reason, askedMs, startsAt, pattern, window, notAfter, isBreakGlass } = grant
  const {
    device,
    resumes,
    isStanding,
    isSession,
    confirmations,
    auto,
    whyReviewed,
    asker,
    principal,
    needs,
    requestedAt,
  } = grant
  const { reviews, history, dueAt, unshown } = grant
  const { approvedAt, durationMs, place, endsAt, warnMs, alertMs, extensions, afterReview, posture } = grant
  const asked = { id, revision, requestId, line, lines, resource, entitlement, system, canonical, channel }
  const wish = { requester, subject, reason, askedMs, startsAt, pattern, window, notAfter, isBreakGlass }
  const known = {
    device,
    resumes,
    isStanding,
    isSession,
    confirmations,
    auto,
    whyReviewed,
    asker,
    principal,
    needs,
    requestedAt,
  }
  const kept = { reviews, history, dueAt, unshown }
  const approved = {
    approvedAt,
    durationMs,
    place,
    endsAt,
    warnMs,
    alertMs,
    extensions,
    afterReview,
    posture,
  }
  return { ...asked, ...wish, ...known, ...kept, ...approved }
}
