import { reviewOwed } from './break-glass.ts'
import type { Entitlement, SessionRules } from './catalog.ts'
import { confirmedBy, type Confirmation } from './confirmation.ts'
import { cut } from './cut.ts'
import { dueOf } from './due.ts'
import { startGiving } from './giving.ts'
import type { Ended, Grant, GrantPlace, Granting, Pending, Recurring, Waiting } from './grant.ts'
import { after } from './instants.ts'
import type { Happened } from './happened.ts'
import { refTo, type PersonFacts } from './person.ts'
import { windowGrantId } from './series.ts'
import { seatsOf, startNudges } from './stages.ts'
import { termMs } from './standing.ts'
import type { Timing } from './timing.ts'
import { windowCount } from './windows/pattern.ts'
import type { Window } from './windows/window.ts'

/*
 * Every grant as it is first written: asked for, taken in an emergency, held by rule, or a window of a series.
 */

interface Requested {
  readonly id: string
  readonly requestId: string
  readonly line: number
  readonly lines: number
  readonly requester: PersonFacts
  readonly subject: PersonFacts
  readonly entitlement: Entitlement
  readonly durationMs: number
  readonly reason: string
  readonly timing: Timing
  /** Who the subject is on the system now. */
  readonly principal: string
  readonly device: Grant['device']
  /** That it was whoever asked; null where the catalog does not ask for that. */
  readonly confirmation?: Confirmation | null
}

/** To be reviewed by people, unless it needs nobody. */
export function requestedGrant({ requester, subject, timing, ...request }: Requested, now: Date): Pending {
  const { id, requestId, line, lines, entitlement, durationMs, reason, principal, device } = request
  const { stages, withinMs } = entitlement.review
  const { startsAt, pattern, notAfter, pointlessAt } = timing
  const by = refTo(requester.person)
  const lapsesAt = Math.min(now.getTime() + withinMs, pointlessAt?.getTime() ?? Infinity)
  return due<Pending>({
    ...begun(now, { type: 'asked', at: now, by, ...confirmedBy(request.confirmation) }),
    ...fieldsOf(entitlement),
    ...plain,
    id,
    requestId,
    line,
    lines,
    requester: by,
    subject: refTo(subject.person),
    reason: reason.trim(),
    askedMs: durationMs,
    startsAt,
    pattern,
    notAfter,
    asker: {
      groups: subject.groups === 'unknown' ? null : [...subject.groups].sort(),
      guest: subject.isGuest,
      zone: subject.zone,
      earlier: null,
    },
    principal,
    device,
    confirmations: request.confirmation == null ? [] : [request.confirmation],
    needs: seatsOf(stages),
    status: 'pending',
    nudge: startNudges(0, stages[0], now),
    lapsesAt: new Date(lapsesAt),
  })
}

interface GlassBroken {
  readonly id: string
  readonly requestId: string
  readonly facts: PersonFacts
  readonly entitlement: Entitlement
  readonly durationMs: number
  readonly reason: string
  readonly place: GrantPlace
  /** How often they had taken the same so shortly before. */
  readonly brokenBefore: number
  /** Null where the catalog does not ask for that, or could not. */
  readonly confirmation: Confirmation | null
  readonly isUnconfirmed: boolean
}

/** Given at once, and a review is owed. */
export function emergencyGrant(
  { facts, entitlement, durationMs, ...broken }: GlassBroken,
  now: Date,
): Granting {
  const { id, requestId, reason, place, confirmation, brokenBefore, isUnconfirmed } = broken
  const { warnMs, alertMs, breakGlass } = entitlement
  const person = refTo(facts.person)
  return due<Granting>({
    ...begun(now, { type: 'broke-glass', at: now, by: person, ...confirmedBy(confirmation) }),
    ...fieldsOf(entitlement),
    ...plain,
    id,
    requestId,
    requester: person,
    subject: person,
    reason: reason.trim(),
    askedMs: durationMs,
    isBreakGlass: true,
    confirmations: confirmation === null ? [] : [confirmation],
    approvedAt: now,
    durationMs,
    place,
    principal: place.principal,
    endsAt: after(now, durationMs),
    warnMs,
    alertMs,
    extensions: [],
    posture: null,
    afterReview: reviewOwed(breakGlass?.remindMs ?? 0, { brokenBefore, isUnconfirmed }, now),
    ...startGiving(entitlement, now, now),
  })
}

interface SessionBegun {
  readonly id: string
  readonly requestId: string
  readonly facts: PersonFacts
  readonly entitlement: Entitlement
  readonly rules: SessionRules
  readonly place: GrantPlace
  readonly device: Grant['device']
  readonly confirmation: Confirmation
}

/** Given at once to whoever confirmed who they are. */
export function sessionGrant({ facts, entitlement, rules, ...began }: SessionBegun, now: Date): Granting {
  const { id, requestId, place, device, confirmation } = began
  const { warnMs, alertMs } = entitlement
  const person = refTo(facts.person)
  const durationMs = Math.min(rules.lengthMs, rules.maxMs)
  const usualMs = warnMs ?? Math.min(15 * 60_000, durationMs / 5)
  return due<Granting>({
    ...begun(now, { type: 'confirmed', at: now, by: person, method: confirmation.method }),
    ...fieldsOf(entitlement),
    ...plain,
    id,
    requestId,
    requester: person,
    subject: person,
    reason: 'a session, begun by confirming who they are',
    askedMs: durationMs,
    isSession: true,
    device,
    confirmations: [confirmation],
    approvedAt: now,
    durationMs,
    place,
    principal: place.principal,
    endsAt: after(now, durationMs),
    notAfter: after(now, rules.maxMs),
    // Warned of once it can be renewed.
    warnMs: Math.min(usualMs, rules.renewMs),
    alertMs,
    extensions: [],
    afterReview: null,
    posture: null,
    ...startGiving(entitlement, now, now),
  })
}

interface Match {
  readonly id: string
  readonly facts: PersonFacts
  readonly rule: Entitlement
  readonly place: GrantPlace
}

/** Given because a rule says so: nobody asked, and nobody is told before it is given. */
export function standingGrant({ id, facts, rule, place }: Match, now: Date): Granting {
  const person = refTo(facts.person)
  const { source } = rule.who
  return due<Granting>({
    ...begun(now, { type: 'matched-rule', at: now, source: cut(source, 500) }),
    ...fieldsOf(rule),
    ...plain,
    id,
    requestId: id,
    requester: person,
    subject: person,
    reason: cut(`held by rule: ${source}`, 500),
    askedMs: termMs,
    isStanding: true,
    unshown: false,
    approvedAt: now,
    durationMs: termMs,
    place,
    principal: place.principal,
    endsAt: after(now, termMs),
    warnMs: 0,
    alertMs: rule.alertMs,
    extensions: [],
    afterReview: null,
    posture: null,
    ...startGiving(rule, now, now),
  })
}

/** What was cut as its device was not fit goes on until its agreed end: by the same word, asked and approved as before. */
export function resumedGrant(cut: Ended, id: string, now: Date): Granting {
  const { cause: _c, endedBy: _b, endNote: _n, takeAt: _t, activeAt: _a, endedAt: _e, ...rest } = cut
  const { left: _l, keptUntil: _k, ...approved } = rest
  return due<Granting>({
    ...approved,
    ...begun(now, { type: 'resumed', at: now, resumes: cut.id }),
    id,
    requestId: resumeKey(cut.id),
    line: 0,
    lines: 1,
    requestedAt: cut.requestedAt,
    resumes: cut.id,
    afterReview: null,
    posture: null,
    ...startGiving(cut, now, now),
  })
}

/** The same for whoever resumes it: it is resumed once. */
export const resumeKey = (id: string): string => `resume ${id}`

/** The grant of one window: approved with the series, and checked again when it opens. */
export function windowGrant(series: Recurring, { index, start, end }: Window, now: Date): Waiting {
  const { next: _n, made: _m, skipped: _s, missed: _mi, stop: _st, lookAt: _l, ...approved } = series
  const id = windowGrantId(series.id, index)
  const number = index + 1
  return due<Waiting>({
    ...approved,
    ...begun(now, { type: 'window', at: now, number, of: windowCount(series.pattern), seriesId: series.id }),
    id,
    requestId: id,
    pattern: null,
    window: { seriesId: series.id, index },
    startsAt: start,
    status: 'waiting',
    opensAt: start,
    endsAt: end,
  })
}

const begun = (now: Date, first: Happened) => ({
  revision: 0,
  requestedAt: now,
  history: [first],
  dueAt: null,
  unshown: true,
})

const fieldsOf = ({ id, name, resource, system, canonical, channel }: Entitlement) => ({
  resource: { id: resource.id, name: resource.name },
  entitlement: { id, name },
  system,
  canonical,
  channel,
})

/** Once, from now on, by itself, and reviewed by nobody: whatever is more than that says so. */
const plain = {
  line: 0,
  lines: 1,
  startsAt: null,
  pattern: null,
  window: null,
  notAfter: null,
  isBreakGlass: false,
  auto: null,
  whyReviewed: null,
  asker: null,
  principal: null,
  device: null,
  resumes: null,
  isStanding: false,
  isSession: false,
  confirmations: [],
  needs: 0,
  reviews: [],
}

/** With its first timer. */
const due = <G extends Grant>(grant: G): G => ({ ...grant, dueAt: dueOf(grant) })
