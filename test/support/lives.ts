import { reviewOwed } from '../../src/domain/break-glass.ts'
import type {
  Active,
  Ended,
  Grant,
  Granting,
  Pending,
  Recurring,
  Revoking,
  Waiting,
} from '../../src/domain/grant.ts'
import { dueOf } from '../../src/domain/due.ts'
import type { Event } from '../../src/domain/event.ts'
import { startGiving } from '../../src/domain/giving.ts'
import { windowGrant } from '../../src/domain/new-grant.ts'
import { transition } from '../../src/domain/transition.ts'
import { windowAt } from '../../src/domain/windows/window.ts'
import {
  accepted,
  ada,
  after,
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  approval,
  at,
  riley,
  sam,
  terms,
} from './builders.ts'

/*
 * A grant in each of its statuses, reached as a grant gets there. Asked for at 09:00:00, answered ten seconds later, held
 * until 11:00:10, unless it says otherwise.
 */

export const HOUR = 3_600_000
export const endsAt = at(7_210)

type About = Partial<Pending>

/** Ada said yes, one more must. */
export const aHalfApprovedGrant = (about: About = {}): Pending =>
  after(aPendingGrant({ needs: 2, ...about }), approval(ada, 2 * HOUR, 2), at(60), 'pending')

export const aDeniedGrant = (about: About = {}, note = 'Ask for the replica instead') =>
  after(aPendingGrant(about), { type: 'deny', by: ada, note }, at(60), 'denied')

export const aLapsedGrant = (about: About = {}) =>
  after(aPendingGrant(about), { type: 'lapse' }, at(86_400), 'lapsed')

export const aWithdrawnGrant = (
  about: About = {},
  { by = riley, supersededBy = null as string | null } = {},
) => after(aPendingGrant(about), { type: 'withdraw', by, supersededBy }, at(60), 'withdrawn')

/** Whoever asked left before anybody answered. */
export const aDroppedGrant = (about: About = {}, note = 'Riley left') =>
  after(aPendingGrant(about), { type: 'drop', note }, at(60), 'withdrawn')

/** It opens at 10:00. */
export const aWaitingGrant = (about: About = {}): Waiting =>
  after(aPendingGrant({ startsAt: at(3_600), ...about }), approval(ada), at(10), 'waiting')

/** As it is after `event`, which must be allowed. */
export const then = (grant: Grant, event: Event, now: Date): Grant => accepted(transition(grant, event, now))

/** A try failed, and it was said aloud: an admin reads of it. */
export function aLateGrantingGrant(about: About = {}): Granting {
  const tried = then(aGrantingGrant(about), { type: 'failed', error: 'no route', retryAt: at(90) }, at(60))
  return after(tried, { type: 'alert' }, at(80), 'granting')
}

/** A rule of the catalog approved it. */
export const aGrantByRule = (isShown = true, about: About = {}): Granting =>
  after(
    aPendingGrant(about),
    { type: 'auto-approve', rule: { because: 'On call this week', source: '', isShown }, terms },
    at(10),
    'granting',
  )

export const given = (grant: Granting): Active =>
  after(grant, { type: 'given', heldUntil: grant.endsAt, heldBefore: false }, at(11), 'active')

/** Held, and warned of its end ten minutes before. */
export function aWarnedGrant(about: About = {}): Active {
  const warning = { ...aGrantingGrant(about), warnMs: 600_000 }
  return after(given(warning), { type: 'warn' }, at(6_610), 'active')
}

type End = Partial<Omit<Extract<Event, { type: 'end' }>, 'type'>>

/** Its time is up and it is just being taken back, unless it ended otherwise. */
export function aRevokingGrant(end: End = {}, grant: Granting | Active = anActiveGrant()): Revoking {
  const takeAt = end.takeAt ?? grant.endsAt
  const event = { cause: 'expired', by: null, note: null, ...end, takeAt } as const
  return after(grant, { type: 'end', ...event }, takeAt, 'revoking')
}

/** Taking back failed once. */
export const aStuckGrant = (revoking = aRevokingGrant()): Revoking =>
  after(revoking, { type: 'failed', error: 'connection refused', retryAt: at(7_240) }, at(7_215), 'revoking')

/** An alert was raised as it could not be taken back. */
export const anAlertedGrant = (): Revoking => after(aStuckGrant(), { type: 'alert' }, at(7_270), 'revoking')

type Taken = Partial<Omit<Extract<Event, { type: 'taken' }>, 'type'>>

/** Taken back at once, and read back as gone, unless it says otherwise. */
export const anEndedGrant = (end: End = {}, taken: Taken = {}, grant?: Granting | Active): Ended => {
  const revoking = aRevokingGrant(end, grant)
  return after(revoking, { type: 'taken', left: 'gone', keptUntil: null, ...taken }, revoking.takeAt, 'ended')
}

/** It could not be given, and what may have been left was taken back. */
export const aFailedGrant = (about: About = {}, note = 'no such role'): Ended =>
  anEndedGrant({ cause: 'failed', note, takeAt: at(30) }, {}, aGrantingGrant(about))

/** Approved, and called off before it opened. */
export const aCalledOffGrant = (end: End = {}, grant: Waiting = aWaitingGrant()): Ended =>
  after(
    grant,
    { type: 'end', cause: 'revoked', by: ada, note: null, takeAt: at(600), ...end },
    at(600),
    'ended',
  )

/** Taken in an emergency: a review is owed. */
export function aBrokenGlass(brokenBefore = 0): Granting {
  const asked = aGrantingGrant({ isBreakGlass: true, needs: 0 })
  const grant: Granting = {
    ...asked,
    reviews: [],
    afterReview: reviewOwed(24 * HOUR, { brokenBefore, isUnconfirmed: false }, at(10)),
    ...startGiving(asked, at(10), at(10)),
  }
  return { ...grant, dueAt: dueOf(grant) }
}

/** Sam reviewed afterwards what was taken in an emergency. */
export const aReviewedGrant = (): Ended =>
  after(
    anEndedGrant({}, {}, given(aBrokenGlass())),
    { type: 'close-review', by: sam, note: 'It was justified' },
    at(7_270),
    'ended',
  )

/** Tuesdays 14:00 to 16:00 in Berlin, which is 13:00 to 15:00 UTC; there are four. */
export const tuesdays = {
  weekdays: [2],
  everyWeeks: 1,
  from: '2026-01-05',
  until: '2026-01-31',
  start: '14:00',
  durationMs: 2 * HOUR,
  zone: 'Europe/Berlin',
}

/** Every Tuesday, approved the Monday before. */
export const aSeries = (about: About = {}): Recurring =>
  after(aPendingGrant({ pattern: tuesdays, ...about }), approval(ada), at(10), 'recurring')

/** The series once these of its windows were made. */
export const madeUpTo = (series: Recurring, index: number): Recurring =>
  after(series, { type: 'made', index }, windowAt(tuesdays, index).start, 'recurring')

export const aWindow = (series: Recurring, index = 0): Waiting => {
  const window = windowAt(tuesdays, index)
  return windowGrant(series, window, new Date(window.start.getTime() - 60_000))
}

/** Given at its start, and held. */
export function anOpenWindow(series: Recurring, index = 0): Active {
  const window = aWindow(series, index)
  const granting = after(window, { type: 'open', leadMs: 0 }, window.opensAt, 'granting')
  return after(
    granting,
    { type: 'given', heldUntil: granting.endsAt, heldBefore: false },
    window.opensAt,
    'active',
  )
}

export const aStoppedSeries = (end: End = {}, series = aSeries()): Recurring =>
  after(
    series,
    { type: 'end', cause: 'revoked', by: ada, note: null, takeAt: at(600), ...end },
    at(600),
    'recurring',
  )

export const anEndedSeries = (series = aStoppedSeries()): Ended =>
  after(series, { type: 'windows-over', left: 'gone', keptUntil: null }, at(700), 'ended')
