import { openMetrics } from '../../src/metrics/metrics.ts'
import { mongoGrantCounts } from '../../src/mongo/grant-counts.ts'
import { mongoRecordPosition } from '../../src/mongo/record-position.ts'
import { mongoTicks } from '../../src/mongo/ticks.ts'
import { at } from '../support/builders.ts'
import { noLog } from '../support/no-log.ts'
import { aRecord } from '../audit/a-record.ts'
import { read } from './scraping.ts'

test('a record whose end is no entry hides neither grants nor debts, nor says that MongoDB does not answer', async () => {
  const { connection, asks } = await aRecord()
  await asks()
  await connection.collection<{ _id: number }>('chain').insertOne({ _id: 1.5 })
  const shown = openMetrics(noLog).showing({
    grants: mongoGrantCounts(connection, { now: () => at(0) }),
    record: mongoRecordPosition(connection, null),
    ticks: mongoTicks(connection),
    jobs: [],
    clock: { now: () => at(0), isSure: () => true, errorMs: () => 0 },
    slack: { isConnected: () => true, answers: () => true },
    systems: () => [],
    log: noLog,
  })
  const scraped = read(await shown.text())
  expect({
    answers: scraped.value('curfew_database_answers'),
    pending: scraped.value('curfew_grants', { status: 'pending' }),
  }).toEqual({ answers: 1, pending: 1 })
})
