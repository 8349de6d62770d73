import { openMetrics } from '../../src/metrics/metrics.ts'
import type { Sources } from '../../src/metrics/at-scrape.ts'
import type { Grant } from '../../src/domain/grant.ts'
import { noLog } from '../support/no-log.ts'
import {
  after,
  aGrantingGrant,
  anActiveGrant,
  aPendingGrant,
  approval,
  ada,
  at,
} from '../support/builders.ts'
import { aDeniedGrant, aLapsedGrant, aWithdrawnGrant } from '../support/lives.ts'
import { read } from './scraping.ts'

const nothing: Sources = {
  grants: { counts: () => Promise.reject(new Error('not asked here')) },
  record: null,
  ticks: { agesMs: () => Promise.reject(new Error('not asked here')) },
  jobs: [],
  clock: { now: () => at(0), isSure: () => true, errorMs: () => 0 },
  slack: { isConnected: () => true, answers: () => true },
  systems: () => [],
  log: noLog,
}

/** What is served after these writes, each of a grant and of what it was before. */
async function afterWrites(...writes: [Grant, Grant | null][]) {
  const measuring = openMetrics(noLog)
  for (const [grant, before] of writes) measuring.onGrant(grant, before)
  return read(await measuring.showing(nothing).text())
}

const pending = aPendingGrant()
test.each([
  ['approved', aGrantingGrant(), 10],
  ['denied', aDeniedGrant(), 60],
  ['withdrawn', aWithdrawnGrant(), 60],
  ['lapsed', aLapsedGrant(), 86_400],
])('how long a request waited that was %s is counted once, by its answer', async (answer, grant, waited) => {
  const scraped = await afterWrites([pending, null], [grant, pending], [{ ...grant, unshown: false }, grant])
  expect(scraped.value('curfew_requests_total', { kind: 'once' })).toBe(1)
  expect(scraped.value('curfew_answer_wait_seconds_count')).toBe(1)
  expect(scraped.value('curfew_answer_wait_seconds_sum', { answer })).toBe(waited)
})

test('a request that a rule approves was answered at once, by a rule', async () => {
  const auto = { because: 'on call', source: 'rule', isShown: false }
  const scraped = await afterWrites([{ ...aGrantingGrant({}, at(0)), auto }, null])
  expect(scraped.value('curfew_answer_wait_seconds_count', { answer: 'by-rule' })).toBe(1)
  expect(scraped.value('curfew_answer_wait_seconds_sum')).toBe(0)
})

test('an answer of which more are needed is no answer yet', async () => {
  const two = aPendingGrant({ needs: 2 })
  const half = after(two, approval(ada, 7_200_000, 2), at(60), 'pending')
  const scraped = await afterWrites([two, null], [half, two])
  expect(scraped.value('curfew_answer_wait_seconds_count')).toBeUndefined()
  expect(scraped.value('curfew_grant_events_total', { event: 'approved' })).toBe(1)
})

test.each([
  ['is held by rule', { isStanding: true }, null],
  ['is a window of a series', { window: { seriesId: 's', index: 0 } }, null],
  ['goes on for what was cut', { resumes: 'g0' }, null],
  ['was taken in an emergency', { isBreakGlass: true }, 'break-glass'],
  ['is a session', { isSession: true }, 'session'],
])('what %s is no request that waited for people', async (_, about, kind) => {
  const scraped = await afterWrites([aGrantingGrant(about), null])
  expect(scraped.value('curfew_answer_wait_seconds_count')).toBeUndefined()
  expect(scraped.value('curfew_requests_total')).toBe(kind === null ? undefined : 1)
  if (kind !== null) expect(scraped.value('curfew_requests_total', { kind })).toBe(1)
})

test('what was given and what is gone is late by as much as passed since its instant', async () => {
  const granting = aGrantingGrant({ startsAt: at(10) })
  const active = { ...anActiveGrant({ startsAt: at(10) }), activeAt: at(12) }
  const takeAt = at(7_210)
  const revoking = after(
    active,
    { type: 'end', cause: 'expired', by: null, note: null, takeAt },
    at(7_206),
    'revoking',
  )
  const ended = after(revoking, { type: 'taken', left: 'gone', keptUntil: null }, at(7_213), 'ended')
  const kept = { ...ended, left: 'kept-for-grant' as const }
  const scraped = await afterWrites(
    [active, granting],
    [revoking, active],
    [ended, revoking],
    [kept, revoking],
  )
  expect(scraped.value('curfew_opening_lateness_seconds_sum', { planned: 'yes' })).toBe(2)
  // What another grant keeps is not late: nothing was to be taken.
  expect(scraped.value('curfew_end_lateness_seconds_count', { cause: 'expired' })).toBe(1)
  expect(scraped.value('curfew_end_lateness_seconds_sum')).toBe(3)
})

test('what cannot be counted harms nobody who tells of it, and is said in the log', async () => {
  const said: string[] = []
  const measuring = openMetrics({ ...noLog, warn: (message) => void said.push(message) })
  expect(() => measuring.observe({ type: 'slack-paused', method: 'chat.update', forMs: -1 })).not.toThrow()
  expect(said).toEqual(['could not measure what happened'])
})
