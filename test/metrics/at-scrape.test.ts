import type { GrantCounts } from '../../src/domain/ports/grant-counts.ts'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { eventually, listenToLog } from '../journeys/acts.ts'
import { aBreakableMongod } from '../journeys/own-mongod.ts'
import { at } from '../support/builders.ts'
import { aStage } from '../support/curfew.ts'
import { noLog } from '../support/no-log.ts'
import { onOwnPort, read, scrape } from './scraping.ts'

const counts: GrantCounts = {
  open: new Map([['pending', 3]]),
  over: 7,
  owed: { give: { count: 0, oldestAt: null }, take: { count: 2, oldestAt: at(-90) } },
  late: 1,
  oldestPendingAt: at(-30),
  oldestDueAt: null,
  unshown: 0,
}

test('however many scrape at once, the database is asked once, and all of them are told the same', async () => {
  const asked = { counts: 0, ages: 0 }
  const shown = openMetrics(noLog).showing({
    grants: {
      counts: async () => {
        asked.counts++
        return counts
      },
    },
    record: null,
    ticks: {
      agesMs: async () => {
        asked.ages++
        return (job) => (job === 'sweep' ? 400 : Infinity)
      },
    },
    jobs: [
      { name: 'sweep', overdueMs: 3_000 },
      { name: 'reconcile', overdueMs: 25_200_000 },
    ],
    clock: { now: () => at(0), isSure: () => false, errorMs: () => Infinity },
    slack: { isConnected: () => false, answers: () => true },
    systems: () => [
      { kind: 'ldap', state: 'silent' },
      { kind: 'ldap', state: 'silent' },
      { kind: 'ldap', state: 'answering' },
    ],
    log: noLog,
  })
  const told = (await Promise.all(Array.from({ length: 50 }, () => shown.text()))).map(read)
  expect(asked).toEqual({ counts: 1, ages: 1 })
  for (const scraped of told) {
    expect(scraped.value('curfew_grants', { status: 'pending' })).toBe(3)
    expect(scraped.value('curfew_grants', { status: 'over' })).toBe(7)
    expect(scraped.value('curfew_debts', { owed: 'take' })).toBe(2)
    expect(scraped.value('curfew_oldest_debt_seconds', { owed: 'take' })).toBe(90)
    expect(scraped.value('curfew_oldest_debt_seconds', { owed: 'give' })).toBe(0)
    expect(scraped.value('curfew_oldest_request_seconds')).toBe(30)
    expect(scraped.value('curfew_oldest_due_seconds')).toBe(0)
    expect(scraped.value('curfew_job_age_seconds', { name: 'sweep' })).toBeCloseTo(0.4, 0)
    // One that never ran has no age.
    expect(scraped.value('curfew_job_age_seconds', { name: 'reconcile' })).toBeUndefined()
    expect(scraped.value('curfew_job_overdue_after_seconds', { name: 'reconcile' })).toBe(25_200)
    expect(scraped.value('curfew_clock_error_seconds')).toBe(Infinity)
    expect(scraped.value('curfew_clock_sure')).toBe(0)
    expect(scraped.value('curfew_slack_connected')).toBe(0)
    expect(scraped.value('curfew_systems', { kind: 'ldap', state: 'silent' })).toBe(2)
  }
})

const fromDatabase = [
  ...['curfew_grants', 'curfew_debts', 'curfew_oldest_debt_seconds', 'curfew_late_debts'],
  ...['curfew_oldest_request_seconds', 'curfew_oldest_due_seconds', 'curfew_unshown_grants'],
  'curfew_job_age_seconds',
]

test('a database that hangs keeps no scraper waiting, and what it knew is left out until it answers again', async () => {
  const mongod = await aBreakableMongod()
  const { app } = await aStage({ mongodb: mongod.uri, metrics: onOwnPort })
  listenToLog(app.world.log)
  const whole = await scrape(app)
  for (const name of fromDatabase) expect([name, whole.value(name)]).not.toEqual([name, undefined])

  await mongod.failPoint('alwaysOn', {
    failCommands: ['count'],
    blockConnection: true,
    blockTimeMS: 6_000,
  })
  let longestMs = 0
  const without = await eventually(
    async () => {
      const beganMs = performance.now()
      const scraped = await scrape(app)
      longestMs = Math.max(longestMs, performance.now() - beganMs)
      return scraped
    },
    (scraped) => scraped.value('curfew_database_answers') === 0,
    30_000,
  )
  expect(longestMs).toBeLessThan(4_000)
  for (const name of fromDatabase) expect([name, without.value(name)]).toEqual([name, undefined])
  expect(without.value('curfew_slack_connected')).toBe(1)
  expect(without.value('process_cpu_seconds_total')).toBeGreaterThan(0)

  await mongod.failPoint('off', {})
  const again = await eventually(
    () => scrape(app),
    (scraped) => scraped.value('curfew_database_answers') === 1,
    30_000,
  )
  for (const name of fromDatabase) expect([name, again.value(name)]).not.toEqual([name, undefined])
}, 120_000)
