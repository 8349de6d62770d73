import { nudgeDueAt, openStage, startNudges, type StageRules } from '../../src/domain/stages.ts'
import { accepted, aPendingGrant, at } from '../support/builders.ts'
import { transition } from '../../src/domain/transition.ts'

const HOUR = 3_600
const hours = [{ weekdays: [1, 2, 3, 4, 5], start: '09:00', end: '17:00', zone: 'UTC' }]
const nobody = { people: [], groups: [], manager: false, who: null }

/** Monday 5 January 2026, 09:00 UTC, is `at(0)`. */
const rules = (about: Partial<StageRules> = {}): StageRules => ({
  needs: 1,
  remindMs: [2, 6, 30].map((count) => count * HOUR * 1_000),
  escalate: { afterMs: 4 * HOUR * 1_000, to: nobody },
  hours,
  ...about,
})

test('the open stage is the first with an empty seat; a no fills none', () => {
  const stages = [{ needs: 1 }, { needs: 2 }]
  const yes = (stage: number) => ({ stage, verdict: 'approve' as const })
  expect(openStage([], stages)).toBe(0)
  expect(openStage([{ stage: 0, verdict: 'deny' }], stages)).toBe(0)
  expect(openStage([yes(0), yes(1)], stages)).toBe(1)
  expect(openStage([yes(1), yes(1)], stages)).toBe(0)
  expect(openStage([yes(0), yes(1), yes(1)], stages)).toBeNull()
})

test('reminders and escalation come in the hours of the stage, in the night they wait for the morning', () => {
  expect(startNudges(0, rules(), at(0))).toMatchObject({ remindAt: at(2 * HOUR), escalateAt: at(4 * HOUR) })
  // Asked at four in the afternoon: the first two fall into the evening, so into the next morning at nine.
  const late = startNudges(0, rules(), at(7 * HOUR))
  expect(late).toMatchObject({ remindAt: at(24 * HOUR), escalateAt: at(24 * HOUR) })
  // On Friday afternoon, until Monday.
  const friday = 4 * 24 * HOUR + 7 * HOUR
  expect(startNudges(0, rules(), at(friday)).remindAt).toEqual(at(7 * 24 * HOUR))
  expect(startNudges(0, rules({ hours: [] }), at(7 * HOUR)).remindAt).toEqual(at(9 * HOUR))
  expect(startNudges(0, rules({ remindMs: [], escalate: null }), at(0))).toMatchObject({
    remindAt: null,
    escalateAt: null,
  })
})

test('each is said once, what an outage made late comes as one, and then nothing is due but the lapse', () => {
  const nudge = startNudges(0, rules(), at(0))
  const grant = aPendingGrant({ nudge, lapsesAt: at(1_000 * HOUR) })
  expect(grant.dueAt).toEqual(at(2 * HOUR))
  const say = (from: typeof grant, seconds: number) => {
    const next = accepted(transition(from, { type: 'nudge', rules: rules() }, at(seconds)))
    if (next.status !== 'pending') throw new Error(`became ${next.status}`)
    return next
  }
  const first = say(grant, 2 * HOUR)
  expect(first.nudge).toMatchObject({ reminded: 1, remindAt: at(6 * HOUR), escalatedAt: null })
  expect(transition(first, { type: 'nudge', rules: rules() }, at(3 * HOUR))).toMatchObject({
    refused: 'decided',
  })
  const late = say(first, 7 * HOUR)
  expect(late.nudge).toMatchObject({ reminded: 2, escalatedAt: at(7 * HOUR), escalateAt: null })
  expect(late.history.at(-1)?.type).toBe('escalated')
  expect(nudgeDueAt(late)).toEqual(at(30 * HOUR))
  const last = say(late, 30 * HOUR)
  expect(nudgeDueAt(last)).toBeNull()
  expect(last.dueAt).toEqual(last.lapsesAt)
})
