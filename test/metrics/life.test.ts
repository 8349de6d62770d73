import { aGate, gateCatalog } from '../journeys/a-gate.ts'
import { aReason, asks, eventually, listenToLog, patient } from '../journeys/acts.ts'
import { aStage } from '../support/curfew.ts'
import { onOwnPort, scrape, type Scrape } from './scraping.ts'

/** What MongoDB knows is asked every few seconds. */
const seen = { withinMs: 20_000 }

test('a life of a grant moves the right numbers, and each of them once', async () => {
  const stage = await aStage({ metrics: onOwnPort })
  const { riley, ada, orders, app } = stage
  const shows = (isIt: (scraped: Scrape) => boolean) => eventually(() => scrape(app), isIt, seen.withinMs)
  const grants = (scraped: Scrape, status: string) => scraped.value('curfew_grants', { status })
  const before = await scrape(app)
  expect(before.value('curfew_requests_total')).toBeUndefined()
  expect(before.value('curfew_end_call_lateness_seconds_count')).toBeUndefined()

  const reason = aReason()
  await asks(riley, 'orders-db peek 10s', reason)
  const card = await ada.sees(reason, orders, patient)
  const asked = await shows((scraped) => grants(scraped, 'pending') === 1)
  expect(asked.value('curfew_requests_total', { kind: 'once' })).toBe(1)
  expect(asked.value('curfew_oldest_request_seconds')).toBeGreaterThan(0)
  expect(asked.value('curfew_answer_wait_seconds_count')).toBeUndefined()

  await ada.clicks('Approve 10 s', card)
  await riley.sees(/You have Peek at orders/, 'dm', patient)
  const held = await shows((scraped) => grants(scraped, 'active') === 1)
  expect(grants(held, 'pending')).toBe(0)
  expect(held.value('curfew_oldest_request_seconds')).toBe(0)
  expect(held.value('curfew_answer_wait_seconds_count', { answer: 'approved' })).toBe(1)
  expect(held.value('curfew_answer_wait_seconds_sum')).toBeGreaterThan(0)
  for (const opening of ['curfew_opening_call_lateness_seconds', 'curfew_opening_lateness_seconds']) {
    expect(held.value(`${opening}_count`, { planned: 'no' })).toBe(1)
    expect(held.value(`${opening}_sum`)).toBeLessThan(5)
  }

  await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 20_000 })
  const over = await shows((scraped) => grants(scraped, 'over') === 1)
  expect(grants(over, 'active')).toBe(0)
  for (const event of ['asked', 'approved', 'given', 'warned', 'end', 'taken'])
    expect([event, over.value('curfew_grant_events_total', { event })]).toEqual([event, 1])
  for (const end of ['curfew_end_call_lateness_seconds', 'curfew_end_lateness_seconds']) {
    expect(over.value(`${end}_count`, { cause: 'expired' })).toBe(1)
    expect(over.value(`${end}_sum`)).toBeLessThan(3)
  }
  expect(over.value('curfew_debts', { owed: 'take' })).toBe(0)
  const onMongoDb = { kind: 'mongodb', outcome: 'done' }
  for (const action of ['give', 'take'])
    expect(over.value('curfew_connector_calls_total', { ...onMongoDb, action })).toBe(1)
  expect(over.value('curfew_connector_calls_total', { kind: 'mongodb', outcome: 'failed' })).toBeUndefined()
  expect(over.value('curfew_connector_call_seconds_count', { action: 'take' })).toBe(1)
  expect(over.value('curfew_systems', { kind: 'mongodb', state: 'answering' })).toBe(1)
  expect(
    over.value('curfew_slack_calls_total', { method: 'chat.postMessage', outcome: 'done' }),
  ).toBeGreaterThan(2)
  expect(over.value('curfew_slack_connected')).toBe(1)
  expect(over.value('curfew_slack_answers')).toBe(1)
  expect(over.value('curfew_job_age_seconds', { name: 'sweep' })).toBeLessThan(10)
  expect(over.value('curfew_job_runs_total', { name: 'sweep', outcome: 'done' })).toBeGreaterThan(3)
  expect(over.value('curfew_clock_sure')).toBe(1)
  expect(over.value('curfew_clock_error_seconds')).toBeLessThan(5)
  expect(Math.abs(over.value('curfew_machine_clock_offset_seconds') ?? Infinity)).toBeLessThan(5)
  expect(over.value('curfew_database_answers')).toBe(1)
}, 90_000)

test('what a system does not let us take is a debt that grows, and is none any more once it is taken', async () => {
  const gate = await aGate()
  const stage = await aStage({ catalog: (cast) => gateCatalog(cast), env: gate.env, metrics: onOwnPort })
  const { riley, ada, orders, app } = stage
  listenToLog(app.world.log)
  const shows = (isIt: (scraped: Scrape) => boolean) => eventually(() => scrape(app), isIt, 40_000)
  const reason = aReason()
  await asks(riley, 'gate open', reason)
  await ada.clicks('Approve 6 s', await ada.sees(reason, orders, patient))
  await riley.sees(/You have Open the gate/, 'dm', patient)
  gate.trouble = () => ({ status: 503 })

  const owed = await shows(
    (scraped) =>
      (scraped.value('curfew_oldest_debt_seconds', { owed: 'take' }) ?? 0) > 5 &&
      (scraped.value('curfew_systems', { kind: 'webhook', state: 'silent' }) ?? 0) === 1,
  )
  expect(owed.value('curfew_debts', { owed: 'take' })).toBe(1)
  expect(owed.value('curfew_grants', { status: 'revoking' })).toBe(1)
  const failed = { kind: 'webhook', outcome: 'failed' }
  expect(owed.value('curfew_connector_calls_total', { ...failed, action: 'take' })).toBeGreaterThan(0)
  expect(owed.value('curfew_end_lateness_seconds_count')).toBeUndefined()
  await shows((scraped) => scraped.value('curfew_late_debts') === 1)

  gate.trouble = () => undefined
  const settled = await shows((scraped) => scraped.value('curfew_debts', { owed: 'take' }) === 0)
  expect(settled.value('curfew_oldest_debt_seconds', { owed: 'take' })).toBe(0)
  expect(settled.value('curfew_late_debts')).toBe(0)
  expect(settled.value('curfew_systems', { kind: 'webhook', state: 'silent' })).toBeUndefined()
  // Its first call was on time, whatever became of it; that it is gone was known late.
  expect(settled.value('curfew_end_call_lateness_seconds_count')).toBe(1)
  expect(settled.value('curfew_end_call_lateness_seconds_sum')).toBeLessThan(3)
  expect(settled.value('curfew_end_lateness_seconds_sum')).toBeGreaterThan(5)
}, 120_000)
