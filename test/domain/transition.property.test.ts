import fc from 'fast-check'
import { owesReview, reviewOwed } from '../../src/domain/break-glass.ts'
import { totalMs, waitingExtension } from '../../src/domain/extension.ts'
import { endCauses, isApproved, isOpen, type Grant } from '../../src/domain/grant.ts'
import type { Pattern } from '../../src/domain/windows/pattern.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { dueOf, transition, type Event } from '../../src/domain/transition.ts'
import { openStage } from '../../src/domain/stages.ts'
import {
  aStageOf,
  ada,
  aGrantingGrant,
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

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  someone.chain((by) =>
    fc.integer({ min: 1_000, max: 28_800_000 }).map((durationMs) => ({
      type: 'approve' as const,
      by,
      note: null,
      durationMs,
      stage: 0,
      stages: [aStageOf(1)],
      voided: [],
      terms,
    })),
  ),
  someone.map((by) => ({ type: 'deny' as const, by, note: 'not now' })),
  someone.map((by) => ({ type: 'withdraw' as const, by, supersededBy: null })),
  fc.constant<Event>({ type: 'lapse' }),
  fc.constant<Event>({ type: 'nudge', rules: { ...aStageOf(1), remindMs: [5_000, 40_000] } }),
  instant.chain((heldUntil) =>
    fc.boolean().map((heldBefore) => ({ type: 'given' as const, heldUntil, heldBefore })),
  ),
  instant.map((retryAt) => ({ type: 'failed' as const, error: 'timeout', retryAt })),
  instant.map((until) => ({ type: 'busy' as const, until })),
  fc.constant<Event>({ type: 'open', aheadMs: 4_000 }),
  fc.constant<Event>({ type: 'warn' }),
  fc
    .record({ isReviewed: fc.boolean(), needs: fc.integer({ min: 1, max: 2 }) })
    .map(({ isReviewed, needs }): Event => ({
      ...{ type: 'extend', by: riley, seenEndsAt: at(0), agreedMs: Infinity, needs },
      rules: { maxTimes: 3, totalMs: 36_000_000, stepMs: 3_600_000, afterShare: 0.2, isReviewed },
    })),
  fc
    .record({ by: someone, verdict: fc.constantFrom('approve' as const, 'deny' as const) })
    .map(({ by, verdict }): Event => ({
      ...{
        type: 'answer-extension',
        by,
        verdict,
        askedAt: at(0),
        stage: 0,
        stages: [aStageOf(1)],
        voided: [],
      },
      rules: { maxTimes: 3, totalMs: 36_000_000, stepMs: 3_600_000, afterShare: 0, isReviewed: true },
    })),
  instant.map((heldUntil): Event => ({ type: 'told', heldUntil })),
  fc
    .constantFrom(...endCauses)
    .chain((cause) =>
      instant.map((takeAt) => ({ type: 'end' as const, cause, by: ada, note: null, takeAt })),
    ),
  fc
    .constantFrom('gone' as const, 'never-given' as const, 'kept-before' as const, 'kept-for-grant' as const)
    .map((left) => ({ type: 'taken' as const, left, keptUntil: null })),
  fc.integer({ min: 0, max: 12 }).map((index): Event => ({ type: 'made', index })),
  fc.integer({ min: 0, max: 12 }).map((index): Event => ({ type: 'skip', by: riley, index })),
  instant.map((until): Event => ({ type: 'windows-open', until })),
  fc.constant<Event>({ type: 'windows-over', left: 'gone', keptUntil: null }),
  someone.map((by): Event => ({ type: 'close-review', by, note: 'it was right' })),
  fc.constant<Event>({ type: 'remind' }),
  fc.constant<Event>({ type: 'alert' }),
  someone.map((by) => ({ type: 'try-now' as const, by })),
)

const anyLife = fc.record({
  needs: fc.integer({ min: 1, max: 3 }),
  startsAt: fc.option(fc.integer({ min: 1, max: 40_000 }).map(at)),
  pattern: fc.option(
    fc.constant<Pattern>({
      ...{ weekdays: [1, 2, 3, 4, 5], everyWeeks: 1, from: '2026-01-05', until: '2026-01-20', zone: 'UTC' },
      ...{ start: '09:30', durationMs: 3_600_000 },
    }),
    { freq: 2 },
  ),
  isEmergency: fc.boolean(),
  steps: fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 20_000 })), { minLength: 1, maxLength: 40 }),
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
  if (drawn.type === 'extend') return { ...drawn, seenEndsAt: grant.endsAt }
  if (drawn.type === 'answer-extension')
    return { ...drawn, askedAt: waitingExtension(grant)?.askedAt ?? drawn.askedAt }
  return drawn
}

/** Every grant along a life, with the event that led to it. */
function* live({
  needs,
  startsAt,
  pattern,
  isEmergency,
  steps,
}: {
  isEmergency: boolean
  needs: number
  startsAt: Date | null
  pattern: Pattern | null
  steps: [Event, number][]
}) {
  const lapsesAt = startsAt ?? at(86_400)
  const asked = aPendingGrant({ needs, startsAt: pattern ? null : startsAt, pattern, lapsesAt })
  let grant: Grant = isEmergency
    ? { ...aGrantingGrant(), isBreakGlass: true, afterReview: reviewOwed(86_400_000, 0, at(0)) }
    : asked
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

test('nothing is given that enough different people, none of them the holder, did not approve', () => {
  always(({ after }) => {
    if (!('approvedAt' in after)) return
    const approvers = new Set(
      after.reviews.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by.id),
    )
    expect(approvers.size).toBeGreaterThanOrEqual(after.needs)
    expect(approvers.has(after.subject.id)).toBe(false)
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
  always(({ before, after }) => {
    expect(after.history.slice(0, before.history.length)).toEqual(before.history)
    expect(isOpen(before) || owesReview(before)).toBe(true)
  })
})

test('the end is fixed when giving starts, and only an extension moves it: later, within the total', () => {
  always(({ before, event, after }) => {
    if (!('endsAt' in before && 'endsAt' in after)) return
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
    if (before.status === 'ended') expect(['close-review', 'remind']).toContain(event.type)
  })
})
