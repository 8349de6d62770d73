import type { Active, Grant, Granting, Pending } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts'
import type { StageRules } from '../../src/domain/stages.ts'
import { dueOf } from '../../src/domain/due.ts'
import type { Event } from '../../src/domain/event.ts'
import { transition } from '../../src/domain/transition.ts'

export const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 5, 9) + seconds * 1_000)

export const aPerson = (name: string): PersonRef => ({
  id: `p-${name.toLowerCase()}`,
  slack: { teamId: 'T1', userId: `U${name.toUpperCase()}` },
  name,
  email: `${name.toLowerCase()}@acme.example`,
})

export const [riley, ada, sam, kim] = ['Riley', 'Ada', 'Sam', 'Kim'].map(aPerson) as [
  PersonRef,
  PersonRef,
  PersonRef,
  PersonRef,
]

export function aPendingGrant(about: Partial<Pending> = {}): Pending {
  const grant: Pending = {
    id: 'g1',
    revision: 0,
    requestId: 'r1',
    line: 0,
    lines: 1,
    resource: { id: 'orders-db', name: 'Orders database' },
    entitlement: { id: 'read', name: 'Read orders' },
    system: 'orders-cluster',
    canonical: 'read@orders',
    channel: 'C1',
    requester: riley,
    subject: riley,
    reason: 'INC-123: orders stuck in paid',
    askedMs: 7_200_000,
    startsAt: null,
    pattern: null,
    window: null,
    notAfter: null,
    isBreakGlass: false,
    isStanding: false,
    isSession: false,
    confirmations: [],
    auto: null,
    whyReviewed: null,
    asker: null,
    principal: null,
    device: null,
    resumes: null,
    needs: 1,
    requestedAt: at(0),
    reviews: [],
    history: [],
    dueAt: null,
    unshown: true,
    status: 'pending',
    lapsesAt: at(86_400),
    nudge: null,
    ...about,
  }
  return { ...grant, dueAt: dueOf(grant) }
}

/** As Riley leaves it when they ask: one of many, each for another person. */
export const aRequest = (n: number) =>
  aPendingGrant({
    id: `g${n}`,
    requestId: `r${n}`,
    subject: { ...riley, id: `p${n}` },
    history: [{ type: 'asked', at: at(n), by: riley }],
  })

export const aStageOf = (needs: number): StageRules => ({ needs, remindMs: [], escalate: null, hours: [] })

export const terms = {
  place: { principal: 'riley', target: { database: 'orders', role: 'read' }, canonical: 'read@orders' },
  system: 'orders-cluster',
  warnMs: null,
  alertMs: 60_000,
}

export const approval = (
  by: PersonRef,
  durationMs = 7_200_000,
  needs = 1,
): Extract<Event, { type: 'approve' }> => ({
  type: 'approve',
  by,
  note: null,
  durationMs,
  stage: 0,
  stages: [aStageOf(needs)],
  as: 'own',
  voided: [],
  terms,
})

export const aGrantingGrant = (about: Partial<Pending> = {}, now = at(10)): Granting =>
  after(aPendingGrant(about), approval(ada), now, 'granting')

export function anActiveGrant(about: Partial<Pending> = {}): Active {
  const granting = aGrantingGrant(about)
  return after(granting, { type: 'given', heldUntil: granting.endsAt, heldBefore: false }, at(11), 'active')
}

/** The grant after this event, which must be allowed and lead to this status. */
export function after<S extends Grant['status']>(
  grant: Grant,
  event: Event,
  now: Date,
  status: S,
): Extract<Grant, { status: S }> {
  const next = accepted(transition(grant, event, now))
  if (next.status !== status) throw new Error(`became ${next.status}, not ${status}`)
  return next as Extract<Grant, { status: S }>
}

export function accepted(outcome: Grant | Refusal): Grant {
  if (isRefusal(outcome)) throw new Error(`refused: ${outcome.refused} ${outcome.reasons.join()}`)
  return outcome
}
