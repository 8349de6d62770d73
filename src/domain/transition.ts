import {
  isApproved,
  offeredMs,
  type Active,
  type AnsweredAs,
  type EndCause,
  type Ended,
  type Grant,
  type GrantPlace,
  type Granting,
  type HistoryLine,
  type Nudge,
  type Pending,
  type Recurring,
  type Review,
  type Revoking,
  type Waiting,
} from './grant.ts'
import {
  answerExtension,
  extend,
  owedNow,
  waitingExtension,
  withoutWaiting,
  type AnswerExtension,
  type Extend,
} from './extension.ts'
import { isSameHuman, type PersonRef } from './person.ts'
import { isRefusal, refuse, type Refusal } from './refusal.ts'
import { applyToReview, type BreakGlassEvent } from './break-glass.ts'
import {
  applyToSeries,
  seriesDueAt,
  seriesHistory,
  startSeries,
  stopSeries,
  type SeriesEvent,
} from './series.ts'
import {
  nudgeDueAt,
  nudged,
  openStage,
  seatsOf,
  startNudges,
  type NudgeEvent,
  type StageRules,
} from './stages.ts'
import { renew, renewsAt, type RenewEvent } from './standing.ts'
import { warnAt } from './warning.ts'

/** What giving would need, resolved now. */
export interface Terms {
  readonly system: string
  readonly place: GrantPlace
  readonly warnMs: number | null
  readonly alertMs: number
}

/** Everything that can happen to a grant. Instants in events come from the caller's clock and dice. */
export type Event =
  | {
      type: 'approve'
      by: PersonRef
      note: string | null
      durationMs: number
      /** Which stage it answers, and all stages, by the rules of now. */
      stage: number
      stages: readonly StageRules[]
      /** By which of that stage's lists. */
      as: AnsweredAs
      /** Ids of earlier approvers who may not approve any more. */
      voided: readonly string[]
      /** Used if this approval is the last one. */
      terms: Terms
      /** It was given ahead, for at most so long. */
      ahead?: { readonly preApprovalId: string; readonly mostMs: number }
    }
  | { type: 'deny'; by: PersonRef; note: string }
  /** A rule of the catalog approves what was asked for. */
  | { type: 'auto-approve'; rule: NonNullable<Grant['auto']>; terms: Terms }
  | { type: 'withdraw'; by: PersonRef; supersededBy: string | null }
  | { type: 'lapse' }
  /** Whoever asked, or was to hold it, left. */
  | { type: 'drop'; note: string }
  | NudgeEvent
  /** Its opening is near enough to be prepared. */
  | { type: 'open'; aheadMs: number }
  | SeriesEvent
  | BreakGlassEvent
  | RenewEvent
  | { type: 'given'; heldUntil: Date; heldBefore: boolean }
  | Extend
  | AnswerExtension
  /** The system was told of this end. */
  | { type: 'told'; heldUntil: Date }
  | { type: 'failed'; error: string; retryAt: Date }
  | { type: 'busy'; until: Date }
  | { type: 'warn' }
  | { type: 'end'; cause: EndCause; by: PersonRef | null; note: string | null; takeAt: Date }
  | { type: 'taken'; left: Ended['left']; keptUntil: Date | null }
  | { type: 'alert' }
  | { type: 'try-now'; by: PersonRef }

/**
 * The next grant, or why not. Pure: no clock, no I/O, nothing mutated.
 * Guarantees: `dueAt` is null exactly when the status is final and no review is owed; history only grows; `revision` is the store's.
 */
export function transition(grant: Grant, event: Event, now: Date): Grant | Refusal {
  const next = apply(grant, event, now)
  if (isRefusal(next)) return next
  const line = historyLine(grant, next, event, now)
  return {
    ...next,
    history: line === null ? grant.history : [...grant.history, line],
    dueAt: dueOf(next),
    unshown: grant.unshown || isVisible(next, event, now),
  }
}

function apply(grant: Grant, event: Event, now: Date): Grant | Refusal {
  switch (event.type) {
    case 'approve':
    case 'deny':
      return grant.status === 'pending' ? review(grant, event, now) : refuse('decided', { grant })
    case 'auto-approve':
      return grant.status === 'pending' && now < grant.lapsesAt && grant.pattern === null
        ? approved({ ...grant, auto: event.rule }, event.terms, now)
        : refuse('decided', { grant })
    case 'withdraw':
      return grant.status === 'pending'
        ? {
            ...grant,
            status: 'withdrawn',
            closedAt: now,
            supersededBy: event.supersededBy,
            closedBecause: null,
          }
        : refuse('decided', { grant })
    case 'drop':
      return grant.status === 'pending'
        ? { ...grant, status: 'withdrawn', closedAt: now, supersededBy: null, closedBecause: event.note }
        : refuse('decided', { grant })
    case 'lapse':
      if (grant.status !== 'pending') return refuse('decided', { grant })
      return now >= grant.lapsesAt
        ? { ...grant, status: 'lapsed', closedAt: now }
        : refuse('decided', { grant })
    case 'nudge':
      return nudged(grant, event, now)
    case 'open':
      return grant.status === 'waiting' && after(now, event.aheadMs) >= grant.opensAt
        ? { ...approvedPart(grant), ...startGiving(grant, now, later(now, grant.opensAt)) }
        : refuse('not-held', { grant })
    case 'made':
    case 'skip':
    case 'windows-open':
    case 'windows-over':
      return applyToSeries(grant, event, now)
    case 'close-review':
    case 'remind':
      return applyToReview(grant, event, now)
    case 'given':
      return grant.status === 'granting' && now >= grant.giveAt
        ? activate(grant, event, now)
        : refuse('not-held', { grant })
    case 'renew':
      return renew(grant, event, now)
    case 'extend':
      return extend(grant, event, now)
    case 'answer-extension':
      return answerExtension(grant, event, now)
    case 'told': {
      if (grant.status !== 'active') return refuse('not-held', { grant })
      const { heldUntil } = event
      return { ...grant, heldUntil, owed: heldUntil < grant.endsAt ? owedNow(now) : null }
    }
    case 'failed': {
      const { error: lastError, retryAt } = event
      return owing(grant, ({ tries }) => ({ tries: tries + 1, lastError, retryAt }))
    }
    case 'busy':
      return owing(grant, (debt) => ({ ...debt, retryAt: event.until }))
    case 'warn':
      if (grant.status !== 'active' || grant.warnAt === null || now < grant.warnAt) {
        return refuse('not-held', { grant })
      }
      return { ...grant, warnAt: null, warnedAt: now }
    case 'end':
      return end(grant, event, now)
    case 'taken':
      return grant.status === 'revoking' && now >= grant.takeAt
        ? settled(grant, event, now)
        : refuse('not-held', { grant })
    case 'alert':
      return isOwing(grant) && grant.alertAt !== null && now >= grant.alertAt
        ? { ...grant, alertAt: null, alertedAt: now }
        : refuse('not-held', { grant })
    case 'try-now':
      return isOwing(grant) ? { ...grant, retryAt: now } : refuse('not-held', { grant })
  }
}

/** One reviewer's answer. Nobody fills two seats; nobody reviews their own request, nor one made for them. */
function review(
  grant: Pending,
  event: Extract<Event, { type: 'approve' | 'deny' }>,
  now: Date,
): Grant | Refusal {
  const { by } = event
  if (now >= grant.lapsesAt)
    return refuse('decided', { grant: { ...grant, status: 'lapsed', closedAt: grant.lapsesAt } })
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  if (grant.reviews.some((r) => isSameHuman(r.by, by))) return refuse('already-reviewed', { grant })
  const { lapsesAt: _lapsesAt, nudge: _nudge, ...asked } = grant
  if (event.type === 'deny') {
    const { note } = event
    const stage = grant.nudge?.stage ?? 0
    const answer: Review = {
      by,
      verdict: 'deny',
      note,
      durationMs: offeredMs(grant),
      stage,
      as: null,
      preApprovalId: null,
      mostMs: null,
      at: now,
    }
    return { ...asked, reviews: [...grant.reviews, answer], status: 'denied', closedAt: now }
  }
  const { note, durationMs: agreedMs, stage, stages, as } = event
  const { preApprovalId, mostMs } = event.ahead ?? { preApprovalId: null, mostMs: null }
  const answer: Review = {
    by,
    verdict: 'approve',
    note,
    durationMs: agreedMs,
    stage,
    as,
    preApprovalId,
    mostMs,
    at: now,
  }
  const counting = grant.reviews.filter((r) => !event.voided.includes(r.by.id))
  const reviewed = { ...grant, needs: seatsOf(stages), reviews: [...counting, answer] }
  const open = openStage(reviewed.reviews, stages)
  if (open !== null) return { ...reviewed, nudge: nudgeAt(grant, open, stages, now) }
  return approved(reviewed, event.terms, now)
}

/** From here on it is to be given: now, at its start, or window by window. */
function approved(grant: Pending, terms: Terms, now: Date): Waiting | Granting | Recurring {
  const { lapsesAt: _lapsesAt, nudge: _nudge, ...asked } = grant
  const startsAt = grant.startsAt ?? now
  const durationMs = withinWindow(grant, startsAt, offeredMs(grant))
  const kept = {
    ...asked,
    ...terms,
    approvedAt: now,
    durationMs,
    endsAt: after(startsAt, durationMs),
    extensions: [],
    afterReview: null,
  }
  if (grant.pattern !== null) {
    const pattern = { ...grant.pattern, durationMs }
    return { ...kept, pattern, ...startSeries(pattern, now) }
  }
  return startsAt > now
    ? { ...kept, status: 'waiting', opensAt: startsAt }
    : { ...kept, ...startGiving(kept, now, now) }
}

/** A stage that opens calls its approvers; one that stays open goes on as it was. */
function nudgeAt({ nudge }: Pending, stage: number, stages: readonly StageRules[], now: Date): Nudge | null {
  const rules = stages[stage]
  if (nudge?.stage === stage || rules === undefined) return nudge
  return startNudges(stage, rules, now)
}

/** The catalog's own window may end sooner. */
const withinWindow = ({ notAfter }: Pending, startsAt: Date, durationMs: number): number =>
  Math.min(durationMs, (notAfter ?? after(startsAt, durationMs)).getTime() - startsAt.getTime())

export const startGiving = ({ alertMs }: { alertMs: number }, now: Date, giveAt: Date) => ({
  status: 'granting' as const,
  giveAt,
  tries: 0,
  lastError: null,
  retryAt: now,
  alertAt: after(giveAt, alertMs),
  alertedAt: null,
})

function activate(grant: Granting, event: Extract<Event, { type: 'given' }>, now: Date): Active {
  return {
    ...approvedPart(grant),
    status: 'active',
    activeAt: now,
    heldUntil: event.heldUntil,
    heldBefore: event.heldBefore,
    owed: event.heldUntil < grant.endsAt ? owedNow(now) : null,
    warnAt: warnAt(grant, grant.durationMs),
    warnedAt: null,
  }
}

/** Whoever entered `granting` leaves through here, even when giving failed: a timed-out call may still have worked. */
function end(
  grant: Grant,
  event: Extract<Event, { type: 'end' }>,
  now: Date,
): Revoking | Ended | Recurring | Refusal {
  if (grant.status === 'revoking') return refuse('too-late', { grant })
  if (grant.status === 'waiting') return neverOpened(grant, event, now)
  if (grant.status === 'recurring') return stopSeries(grant, event, now)
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
    retryAt: event.takeAt,
    alertAt: after(event.takeAt, grant.alertMs),
    alertedAt: null,
  }
}

/** Nothing was called while it waited, so there is nothing to take back or to check. */
function neverOpened(grant: Waiting, event: Extract<Event, { type: 'end' }>, now: Date): Ended | Refusal {
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

function settled(grant: Revoking, event: Extract<Event, { type: 'taken' }>, now: Date): Ended {
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

/** The one timer of a grant: the next instant at which it needs someone. */
export function dueOf(grant: Grant): Date | null {
  const reminder = isApproved(grant) ? (grant.afterReview?.remindAt ?? null) : null
  const own = ownDue(grant)
  return own === null ? reminder : earliest(own, reminder)
}

function ownDue(grant: Grant): Date | null {
  switch (grant.status) {
    case 'pending':
      return earliest(grant.lapsesAt, nudgeDueAt(grant))
    case 'waiting':
      return grant.opensAt
    case 'recurring':
      return seriesDueAt(grant)
    case 'granting':
      return earliest(grant.retryAt, grant.alertAt, grant.endsAt)
    case 'active':
      return earliest(
        grant.isStanding ? renewsAt(grant) : grant.endsAt,
        grant.warnAt,
        grant.owed?.retryAt ?? null,
      )
    case 'revoking':
      return earliest(grant.retryAt, grant.alertAt)
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
    case 'ended':
      return null
  }
}

type Try = { tries: number; lastError: string | null; retryAt: Date }

/** A debt to a system: giving, taking back, or telling it of a new end. */
function owing(grant: Grant, next: (debt: Try) => Try): Grant | Refusal {
  if (isOwing(grant)) return { ...grant, ...next(grant) }
  if (grant.status === 'active' && grant.owed !== null) {
    const { tries, lastError, retryAt } = next(grant.owed)
    return { ...grant, owed: { tries, lastError, retryAt } }
  }
  return refuse('not-held', { grant })
}

const isOwing = (grant: Grant): grant is Granting | Revoking =>
  grant.status === 'granting' || grant.status === 'revoking'

/** What is prepared ahead of its instant shows nothing yet; neither do waiting and counting. */
function isVisible(next: Grant, event: Event, now: Date): boolean {
  if (event.type === 'open') return next.status === 'granting' && next.giveAt <= now
  if (
    event.type === 'busy' ||
    event.type === 'told' ||
    event.type === 'windows-open' ||
    event.type === 'renew'
  )
    return false
  return event.type !== 'end' || event.takeAt <= now
}

function historyLine(before: Grant, next: Grant, event: Event, now: Date): HistoryLine | null {
  const line = (what: string, by: PersonRef | null = null, note: string | null = null) => ({
    at: now,
    what,
    by,
    note,
  })
  switch (event.type) {
    case 'approve':
    case 'deny':
    case 'withdraw':
      return line(event.type, event.by, 'note' in event ? event.note : null)
    case 'auto-approve':
      return line('approved by a rule', null, event.rule.because)
    case 'drop':
      return line('closed', null, event.note)
    case 'end':
      return line(`end: ${event.cause}`, event.by, event.note)
    case 'taken':
      return line(`taken: ${event.left}`)
    case 'given':
      return line(event.heldBefore ? 'given: was held before' : 'given')
    case 'try-now':
      return line('try now', event.by)
    case 'extend':
      return line(isApproved(next) && waitingExtension(next) ? 'more time asked for' : 'extended', event.by)
    case 'answer-extension':
      return line(event.verdict === 'deny' ? 'more time denied' : 'more time approved', event.by)
    case 'alert':
      return line('late', null, isApproved(next) && 'lastError' in next ? next.lastError : null)
    case 'made':
    case 'skip':
    case 'windows-open':
    case 'windows-over':
      return seriesHistory(before, next, event, now)
    case 'close-review':
      return line('review closed', event.by, event.note)
    case 'remind':
      return line('review owed')
    case 'nudge':
      return line(isEscalation(before, next) ? 'escalated' : 'reminded')
    case 'lapse':
    case 'open':
    case 'renew':
    case 'warn':
      return line(event.type)
    case 'failed':
    case 'busy':
    case 'told':
      return null
  }
}

const isEscalation = (before: Grant, next: Grant): boolean =>
  before.status === 'pending' &&
  next.status === 'pending' &&
  before.nudge?.escalatedAt !== next.nudge?.escalatedAt

function approvedPart(grant: Waiting | Granting | Active | Revoking) {
  const { id, revision, requestId, line, lines, resource, entitlement, system, canonical, channel } = grant
  const { requester, subject, reason, askedMs, startsAt, pattern, window, notAfter, isBreakGlass } = grant
  const { isStanding, auto, whyReviewed, asker, principal, needs, requestedAt } = grant
  const { reviews, history, dueAt, unshown } = grant
  const { approvedAt, durationMs, place, endsAt, warnMs, alertMs, extensions, afterReview } = grant
  const asked = { id, revision, requestId, line, lines, resource, entitlement, system, canonical, channel }
  const wish = { requester, subject, reason, askedMs, startsAt, pattern, window, notAfter, isBreakGlass }
  const known = { isStanding, auto, whyReviewed, asker, principal, needs, requestedAt }
  const kept = { reviews, history, dueAt, unshown }
  const approved = { approvedAt, durationMs, place, endsAt, warnMs, alertMs, extensions, afterReview }
  return { ...asked, ...wish, ...known, ...kept, ...approved }
}

const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms)

const later = (one: Date, other: Date): Date => (one > other ? one : other)

function earliest(first: Date, ...others: (Date | null)[]): Date {
  return others.reduce<Date>((least, other) => (other !== null && other < least ? other : least), first)
}
