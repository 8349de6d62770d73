import { audit } from '../../src/audit/audit.ts'
import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { written } from '../support/ring.ts'
import { at } from '../support/builders.ts'
import { aRecord, aRecordOf } from './a-record.ts'

/** A day that no calendar has is a slip of the hand: it is not another day. */

const DAY_S = 86_400

test('what happened before 31 February is asked for again, and nothing is removed', async () => {
  // On 1 and 2 March.
  const secondsTo = (date: string) => (Date.parse(date) - at(0).getTime()) / 1_000
  const first = secondsTo('2026-03-01T09:00Z')
  const record = await aRecordOf([first, first + DAY_S, first + 9 * DAY_S])
  const environment = { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
  await expect(audit(['prune', '--before', '2026-02-31T00:00Z'], environment)).rejects.toThrow('curfew audit')
  const numbers = (await record.chain.after(0, 10)).map(({ number }) => number)
  expect(numbers.slice(0, 3)).toEqual([1, 2, 3])
})

test('a review up to 31 September, and who held it on 30 February, are not of another time', async () => {
  const record = await aRecord()
  await expect(
    record.asked(report, 'access-review', '--from', '2026-09-01', '--to', '2026-09-31', '--format', 'csv'),
  ).rejects.toThrow('curfew report')
  await expect(record.asked(whoHeld, 'orders-db', 'read', '--at', '2026-02-30T09:00Z')).rejects.toThrow(
    'curfew who-held',
  )
})

test('who holds it at an instant that has not come is not said to have held it then', async () => {
  const record = await aRecord()
  await record.happened('g1', [{ type: 'given', at: at(0), heldBefore: false }])
  await record.records()
  const then = new Date(Date.now() + 400 * DAY_S * 1_000).toISOString()
  await expect(record.asked(whoHeld, 'orders-db', 'read', '--at', then)).rejects.toThrow()
})
