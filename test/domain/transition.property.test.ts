import fc from 'fast-check'
import { owesReview, reviewOwed } from '../../src/domain/break-glass.ts'
import { totalMs, waitingExtension } from '../../src/domain/extension.ts'
import { endCauses } from '../../src/domain/end-causes.ts'
import { isApproved, isOpen, type Grant } from '../../src/domain/grant.ts'
import type { Pattern } from '../../src/domain/windows/pattern.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { dueOf } from '../../src/domain/due.ts'
import type { Event } from '../../src/domain/event.ts'
import { transition } from '../../src/domain/transition.ts'
import { openStage } from '../../src/domain/stages.ts'
import {
  aStageOf,
  after as becomes,
  approval,
  ada,
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  at,
  kim,
  riley,
  sam,
  terms,
} from '../support/builders.ts'

/** Where each status may lead; DESIGN's picture of a life. */
const ways: Record<Grant['status'], Grant['status'][]> = {
  pending: ['pending', 'denied', 'withdrawn', 'lapsed', 'waiting', 'recurring', 'granting'],
  denied: [],
  withdrawn: [],
  lapsed: [],
  waiting: ['granting', 'ended'],
  recurring: ['recurring', 'ended'],
  granting: ['granting', 'active', 'revoking'],
  active: ['active', 'revoking'],
  revoking: ['revoking', 'ended'],
  // Only a review that is owed still happens to it.
  ended: ['ended'],
}

const someone = fc.constantFrom(riley, ada, sam, kim)
const instant = fc.integer({ min: -100, max: 200_000 }).map(at)

const moreTime = { maxTimes: 3, totalMs: 36_000_000, stepMs: 3_600_000 }

/** Each kind of event, drawn: a new kind is missed here by the compiler. */
const events = {
  approve: fc
    .record({ by: someone, durationMs: fc.integer({ min: 1_000, max: 28_800_000 }) })
    .map(({ by, durationMs }) => ({
      type: 'approve',
      by,
      note: null,
      durationMs,
      stage: 0,
      stages: [aStageOf(1)],
      as: 'own' as const,
      voided: [],
      terms,
    })),
  deny: someone.map((by) => ({ type: 'deny', by, note: 'not now' })),
  recount: fc.record({ isVoided: fc.boolean(), isGiven: fc.boolean() }).map(({ isVoided, isGiven }) => ({
    type: 'recount',
    stages: [aStageOf(1)],
    voided: isVoided ? [ada.id] : [],
    terms: isGiven ? terms : null,
  })),
  'auto-approve': fc.constant({
    type: 'auto-approve',
    rule: { because: 'on call', source: '"@oncall" in groups', isShown: true },
    terms,
  }),
  withdraw: someone.map((by) => ({ type: 'withdraw', by, supersededBy: null })),
  lapse: fc.constant({ type: 'lapse' }),
  drop: fc.constant({ type: 'drop', note: 'they left the workspace' }),
  nudge: fc.constant({ type: 'nudge', rules: { ...aStageOf(1), remindMs: [5_000, 40_000] } }),
  open: fc.constant({ type: 'open', leadMs: 4_000 }),
  made: fc.integer({ min: 0, max: 12 }).map((index) => ({ type: 'made', index })),
  skip: fc.integer({ min: 0, max: 12 }).map((index) => ({ type: 'skip', by: riley, index })),
  'windows-open': instant.map((until) => ({ type: 'windows-open', until })),
  'windows-over': fc.constant({ type: 'windows-over', left: 'gone', keptUntil: null }),
  'close-review': someone.map((by) => ({ type: 'close-review', by, note: 'it was right' })),
  remind: fc.constant({ type: 'remind' }),
  renew: fc.integer({ min: 0, max: 40_000_000 }).map((seconds) => ({ type: 'renew', endsAt: at(seconds) })),
  given: fc
    .record({
      heldUntil: instant,
      heldBefore: fc.boolean(),
      secret: fc.constantFrom(null, { what: 'password', brings: null }),
    })
    .map((about) => ({ type: 'given', ...about })),
  extend: fc
    .record({ isReviewed: fc.boolean(), needs: fc.integer({ min: 1, max: 2 }) })
    .map(({ isReviewed, needs }) => ({
      type: 'extend',
      by: riley,
      seenEndsAt: at(0),
      agreedMs: Infinity,
      needs,
      rules: { ...moreTime, afterShare: 0.2, isReviewed },
    })),
  'confirm-again': fc.integer({ min: 0, max: 3 }).map((times) => ({
    type: 'confirm-again',
    by: riley,
    seenEndsAt: at(0),
    confirmation: { method: 'totp', at: at(0), shown: 'Office network', ticket: `t${times}` },
    rules: {
      lengthMs: 7_200_000,
      renewMs: 7_000_000,
      maxMs: 90_000_000,
      proof: { methods: ['totp'], maxAgeMs: 0 },
    },
  })),
  'answer-extension': fc
    .record({ by: someone, verdict: fc.constantFrom('approve', 'deny') })
    .map(({ by, verdict }) => ({
      type: 'answer-extension',
      by,
      verdict,
      askedAt: at(0),
      stage: 0,
      stages: [aStageOf(1)],
      as: 'own' as const,
      voided: [],
      rules: { ...moreTime, afterShare: 0, isReviewed: true },
    })),
  shown: someone.map((by) => ({ type: 'shown', by, on: 'modal' })),
  told: fc.tuple(instant, fc.boolean()).map(([heldUntil, heldBefore]) => ({
    type: 'told',
    heldUntil,
    heldBefore,
    secret: { what: 'password', brings: null },
  })),
  ours: fc.constant({ type: 'ours' }),
  allowed: instant.map((at) => ({ type: 'allowed', at })),
  failed: fc
    .tuple(instant, fc.option(instant))
    .map(([retryAt, deniedAt]) => ({ type: 'failed', error: 'timeout', retryAt, deniedAt })),
  busy: instant.map((until) => ({ type: 'busy', until })),
  warn: fc.constant({ type: 'warn' }),
  posture: fc
    .option(
      fc.record({
        rule: fc.constantFrom('one', 'another'),
        on: fc.constantFrom('mdm/laptop-1', null),
        until: fc.option(instant),
        unfit: fc.option(
          fc.record({
            since: instant,
            cutAt: instant,
            why: fc.constant('riley-laptop: firewall off'),
            steadyAt: fc.option(instant),
          }),
        ),
      }),
    )
    .map((posture) => ({ type: 'posture', posture })),
  end: fc
    .record({ cause: fc.constantFrom(...endCauses), takeAt: instant })
    .map(({ cause, takeAt }) => ({ type: 'end', cause, by: ada, note: null, takeAt })),
  taken: fc
    .constantFrom('gone', 'never-given', 'kept-before', 'kept-for-grant')
    .map((left) => ({ type: 'taken', left, keptUntil: null })),
  alert: fc.constant({ type: 'alert' }),
  'try-now': someone.map((by) => ({ type: 'try-now', by })),
} satisfies { [Kind in Event['type']]: fc.Arbitrary<Extract<Event, { type: Kind }>> } & Record<
  Event['type'],
  fc.Arbitrary<Event>
>

const anyEvent: fc.Arbitrary<Event> = fc.oneof(...Object.values(events))

const everyWorkday: Pattern = {
  weekdays: [1, 2, 3, 4, 5],
  everyWeeks: 1,
  from: '2026-01-05',
  until: '2026-01-20',
  zone: 'UTC',
  start: '09:30',
  durationMs: 3_600_000,
}

const anyLife = fc.record({
  needs: fc.integer({ min: 1, max: 3 }),
  startsAt: fc.option(fc.integer({ min: 1, max: 40_000 }).map(at)),
  pattern: fc.option(fc.constant(everyWorkday), { freq: 2 }),
  begins: fc.constantFrom(
    'asked',
    'asked',
    'in an emergency',
    'given',
    'held before',
    'given by rule',
    'a series',
    'a session',
  ),
  steps: fc.array(
    fc.tuple(anyEvent, fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 20_000 }))),
    { minLength: 1, maxLength: 40 },
  ),
})

/** A person for each of as many stages, the open one answered. */
function asked(drawn: Extract<Event, { type: 'approve' }>, grant: Grant, needs: number): Event {
  const rules = { ...aStageOf(1), remindMs: [5_000, 40_000], escalate: { afterMs: 20_000, to: nobody } }
  const stages = Array.from({ length: needs }, () => rules)
  return { ...drawn, stages, stage: openStage(grant.reviews, stages) ?? 0 }
}

const nobody = { people: [], groups: [], manager: false, who: null }

/** Answers and askings carry what their giver saw. */
function asSeen(drawn: Event, grant: Grant, needs: number): Event {
  if (drawn.type === 'approve') return asked(drawn, grant, needs)
  if (grant.status !== 'active') return drawn
  if (drawn.type === 'extend' || drawn.type === 'confirm-again') return { ...drawn, seenEndsAt: grant.endsAt }
  if (drawn.type === 'answer-extension')
    return { ...drawn, askedAt: waitingExtension(grant)?.askedAt ?? drawn.askedAt }
  return drawn
}

/** No session of these goes on past it. */
const longest = at(20_000)

/** Every grant along a life, with the event that led to it. */
function* live({
  needs,
  startsAt,
  pattern,
  begins,
  steps,
}: {
  begins: 'asked' | 'in an emergency' | 'given' | 'held before' | 'given by rule' | 'a series' | 'a session'
  needs: number
  startsAt: Date | null
  pattern: Pattern | null
  steps: [Event, number][]
}) {
  const lapsesAt = startsAt ?? at(86_400)
  const session = { isSession: true, needs: 0, reviews: [], notAfter: longest }
  const asked = aPendingGrant({ needs, startsAt: pattern ? null : startsAt, pattern, lapsesAt })
  const first: Record<typeof begins, () => Grant> = {
    asked: () => asked,
    'in an emergency': () => ({
      ...aGrantingGrant(),
      isBreakGlass: true,
      needs: 0,
      reviews: [],
      afterReview: reviewOwed(86_400_000, { brokenBefore: 0, isUnconfirmed: false }, at(0)),
    }),
    given: () => ({ ...anActiveGrant(), secret: { what: 'password', brings: null } }),
    'held before': () => ({ ...anActiveGrant(), heldBefore: true }),
    'a series': () =>
      becomes(
        aPendingGrant({ pattern: everyWorkday, lapsesAt: at(86_400) }),
        approval(ada),
        at(10),
        'recurring',
      ),
    'a session': () => ({ ...anActiveGrant(), ...session }),
    'given by rule': () => ({ ...anActiveGrant(), isStanding: true, needs: 0, reviews: [] }),
  }
  let grant = first[begins]()
  grant = { ...grant, dueAt: dueOf(grant) }
  let seconds = 0
  for (const [drawn, later] of steps) {
    seconds += later
    const event = asSeen(drawn, grant, needs)
    const next = transition(grant, event, at(seconds))
    if (isRefusal(next)) continue
    yield { before: grant, event, after: next, now: at(seconds) }
    grant = next
  }
}

const always = (promise: (step: { before: Grant; event: Event; after: Grant; now: Date }) => void) =>
  fc.assert(
    fc.property(anyLife, (life) => {
      for (const step of live(life)) promise(step)
    }),
    { numRuns: 3_000 },
  )

test('no sequence of events leads where a life cannot go', () => {
  always(({ before, after }) => expect(ways[before.status]).toContain(after.status))
})

test('dueAt is null exactly when nothing can happen by itself any more', () => {
  always(({ after }) => {
    expect(after.dueAt === null).toBe(!isOpen(after) && !owesReview(after))
    expect(after.dueAt).toEqual(dueOf(after))
  })
})

test('nothing is given that enough people, a rule that approves by itself, a standing rule, a session or an emergency did not approve; none of those people holds it', () => {
  always(({ after }) => {
    if (!('approvedAt' in after)) return
    const approvers = new Set(
      after.reviews.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by.id),
    )
    const isWithoutPeople = after.auto !== null || after.isStanding || after.isBreakGlass || after.isSession
    if (!isWithoutPeople) expect(approvers.size).toBeGreaterThanOrEqual(after.needs)
    expect(approvers.has(after.subject.id)).toBe(false)
  })
})

test('a rule that approves by itself approves what waits for an answer, once, in time, and no series', () => {
  always(({ before, event, after, now }) => {
    expect(after.auto !== before.auto).toBe(event.type === 'auto-approve')
    if (event.type !== 'auto-approve' || before.status !== 'pending') return
    expect(before.pattern).toBeNull()
    expect(now < before.lapsesAt).toBe(true)
  })
})

test('whoever was about to be given something leaves through taking it back', () => {
  always(({ before, after }) => {
    if (after.status === 'ended')
      expect(['revoking', 'waiting', 'recurring', 'ended']).toContain(before.status)
    if (after.status === 'ended' && before.status === 'waiting') expect(after.left).toBe('never-given')
  })
})

test('history only grows, and nobody is asked by a final grant', () => {
  always(({ before, event, after }) => {
    expect(after.history.slice(0, before.history.length)).toEqual(before.history)
    // What was cut by its device goes on by itself, unless somebody says that it is over.
    const mayGoOn = before.status === 'ended' && before.cause === 'unfit'
    if (mayGoOn && event.type === 'end') expect(after).not.toMatchObject({ cause: 'unfit' })
    else expect(isOpen(before) || owesReview(before)).toBe(true)
  })
})

test('the end is fixed when giving starts; only an extension moves it, within the total, a renewal of what is held by rule, or confirming a session again: never sooner', () => {
  always(({ before, event, after }) => {
    if (!('endsAt' in before && 'endsAt' in after)) return
    if (event.type === 'renew') {
      expect(before.isStanding).toBe(true)
      expect(after.endsAt.getTime()).toBeGreaterThan(before.endsAt.getTime())
      return
    }
    if (event.type === 'confirm-again') return
    if (event.type !== 'extend' && event.type !== 'answer-extension') {
      expect(after.endsAt).toEqual(before.endsAt)
      return
    }
    expect(after.endsAt.getTime()).toBeGreaterThanOrEqual(before.endsAt.getTime())
    expect(after.endsAt.getTime() - before.endsAt.getTime()).toBe(totalMs(after) - totalMs(before))
    if (after.endsAt > before.endsAt)
      expect(totalMs(after)).toBeLessThanOrEqual(Math.max(36_000_000, before.durationMs))
  })
})

test('every kind of event is accepted in some life', () => {
  const seen = new Set<string>()
  for (let round = 0; round < 60 && seen.size < Object.keys(events).length; round++)
    for (const life of fc.sample(anyLife, 500)) for (const { event } of live(life)) seen.add(event.type)
  expect([...seen].sort()).toEqual(Object.keys(events).sort())
})

test('a secret is shown to its holder alone, while it is held and giving made one', () => {
  always(({ before, event, after }) => {
    if (event.type !== 'shown') return
    expect(before).toMatchObject({ status: 'active', heldBefore: false })
    expect(event.by.id).toBe(before.subject.id)
    expect(after.history.at(-1)).toMatchObject({ type: 'shown', by: event.by })
  })
})

test('a new end is owed to the system until it was told of it', () => {
  always(({ after }) => {
    if (after.status === 'active') expect(after.owed !== null).toBe(after.heldUntil < after.endsAt)
  })
})

test('what starts later is not given before, and lasts as long as was agreed', () => {
  always(({ after, now }) => {
    if (after.status === 'granting' && after.startsAt) expect(after.giveAt >= after.startsAt).toBe(true)
    if (after.status === 'active' && after.startsAt) expect(now >= after.startsAt).toBe(true)
    if (isApproved(after) && after.startsAt && after.status !== 'active')
      expect(after.endsAt.getTime() - after.startsAt.getTime()).toBe(totalMs(after))
  })
})

test('more time that is reviewed is never added by the holder', () => {
  always(({ after }) => {
    if (!isApproved(after)) return
    for (const { outcome, approvedBy } of after.extensions) {
      if (outcome === 'added') expect(approvedBy.map(({ id }) => id)).not.toContain(after.subject.id)
      if (outcome === 'asked') expect(after.status).toBe('active')
    }
  })
})

test('a series never goes back: no window is made twice, and none that was skipped', () => {
  always(({ before, event, after }) => {
    if (before.status !== 'recurring' || after.status !== 'recurring') return
    if (event.type === 'made') {
      expect(before.skipped).not.toContain(event.index)
      expect(event.index).toBeGreaterThan(before.made ?? -1)
    }
    if (after.next !== null) {
      expect(after.next.index).toBeGreaterThan(after.made ?? -1)
      expect(after.skipped).not.toContain(after.next.index)
    }
  })
})

test('a review is owed until somebody other than the holder closes it, and then no more', () => {
  always(({ before, event, after }) => {
    if (!isApproved(after) || after.afterReview === null) return
    const { closedBy, remindAt, closedAt } = after.afterReview
    expect(closedBy?.id).not.toBe(after.subject.id)
    expect(remindAt === null).toBe(closedAt !== null)
    if (before.status !== 'ended' || event.type === 'close-review' || event.type === 'remind') return
    // What a device cut is said to be over: the review is owed as before.
    expect([event.type, before.cause]).toEqual(['end', 'unfit'])
    expect(after.afterReview).toEqual(before.afterReview)
  })
})

test('no session lasts longer than was fixed when it began, and only a confirmation makes it longer', () => {
  always(({ before, event, after }) => {
    if (!after.isSession || !('endsAt' in after) || !('endsAt' in before)) return
    expect(after.notAfter).toEqual(longest)
    expect(after.endsAt.getTime()).toBeLessThanOrEqual(longest.getTime())
    if (event.type === 'confirm-again') expect(after.endsAt > before.endsAt).toBe(true)
    else expect(after.endsAt <= before.endsAt).toBe(true)
  })
})
