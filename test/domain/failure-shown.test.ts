import type { Revoking } from '../../src/domain/grant.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { transition } from '../../src/domain/transition.ts'
import { after } from '../../src/domain/instants.ts'
import { aRevokingGrant } from '../support/lives.ts'

/** How often it is shown anew as it is tried each four seconds from then on, and fails. */
function shownInMs(ms: number, errorOf: (tries: number) => string): number {
  let grant: Revoking = { ...aRevokingGrant(), tries: 0, lastError: null, unshown: false }
  let shown = 0
  for (let passedMs = 0; passedMs < ms; passedMs += 4_000) {
    const now = after(grant.takeAt, passedMs)
    const failed = {
      type: 'failed',
      error: errorOf(grant.tries),
      retryAt: after(now, 4_000),
      isAway: true,
    } as const
    const next = transition(grant, failed, now)
    if (isRefusal(next) || next.status !== 'revoking') throw new Error('refused')
    if (next.unshown) shown += 1
    grant = { ...next, unshown: false }
  }
  return shown
}

test('what fails for long is shown each minute, as Slack takes few edits', () => {
  expect(shownInMs(10 * 60_000, () => 'timeout')).toBeLessThanOrEqual(8 + 10 + 5)
  expect(shownInMs(10 * 60_000, () => 'timeout')).toBeGreaterThan(8 + 9)
})

test('what fails is shown at first, and where it fails for another reason', () => {
  expect(shownInMs(30_000, () => 'timeout')).toBe(8)
  expect(shownInMs(120_000, (tries) => (tries % 2 === 0 ? 'timeout' : 'connection reset'))).toBe(30)
})

test('what fails for one reason, which names itself anew each time, is shown no more often', () => {
  const anew = (tries: number) =>
    `in an unexpected way (error ${(0xabc12 + tries).toString(16)}f0), at 10:00:${tries}`
  expect(shownInMs(10 * 60_000, anew)).toBeLessThanOrEqual(8 + 10 + 5)
})

test.each([
  ['it answered 500', 'it answered 429'],
  ['it failed (exit 1)', 'it failed (exit 75)'],
  ['it did not accept the login (401)', 'it did not accept the login (403)'],
  ['it cannot be reached at defaced', 'it cannot be reached at decade'],
])('that it fails for another reason is shown: %p, then %p', (one, other) => {
  expect(shownInMs(120_000, (tries) => (tries % 2 === 0 ? one : other))).toBe(30)
})

test.each([
  (tries: number) => `request req_8fK${tries}dQ: it did not answer`,
  (tries: number) => `request 0b9d2a3e-6f3c-4c8e-9a51-0f3f6f8b${1_000 + tries}: it did not answer`,
  (tries: number) => `it did not answer within ${400 + tries} ms`,
  (tries: number) => `too many requests: try again in ${590 - tries} seconds`,
  (tries: number) => `2026-05-04 10:00:07.${100 + tries} UTC: it is starting up`,
  (tries: number) => `${150 + tries} connections are open, which is too many`,
  (tries: number) => `it did not answer (try a${tries}b)`,
  (tries: number) => `at 2026-05-04T10:${10 + (tries % 50)}:07.${100 + tries}Z: it did not answer`,
])('what names one try alone is no other reason: %p', (errorOf) => {
  expect(shownInMs(10 * 60_000, errorOf)).toBeLessThanOrEqual(8 + 10 + 5)
})
