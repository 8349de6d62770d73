import { report } from '../../src/audit/report.ts'
import { at, riley } from '../support/builders.ts'
import { written } from '../support/ring.ts'
import { aRecord } from './a-record.ts'
import { piped } from './piped.ts'

/** What is read only in part ends as programs do that a closed pipe ended, and not as if the record were wrong. */

/** Of Riley there is more than fits into a pipe. */
async function aRecordOfRiley() {
  const record = await aRecord()
  for (let i = 0; i < 30; i++)
    await record.happened(
      `g${i}`,
      [
        { type: 'given', at: at(i), heldBefore: false },
        ...Array.from({ length: 80 }, (_, n) => ({ type: 'tried-now' as const, at: at(n), by: riley })),
      ],
      {
        subject: { ...riley, id: `p${i}`, slack: { ...riley.slack, userId: `U${i}` } },
        reason: 'x'.repeat(3_000),
      },
    )
  await record.records()
  await record.catchesUp()
  return { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) }
}

test('whoever reads only the beginning of a history or of a review ends it without a word', async () => {
  const environment = await aRecordOfRiley()
  const [history, json, review] = await Promise.all([
    piped(environment, 'history URILEY', '| head -n 1'),
    piped(environment, 'history URILEY --json', '| head -n 1'),
    piped(environment, 'report access-review --quarter 2026-Q1', '| head -n 1'),
  ])
  expect([history.stderr, json.stderr, review.stderr]).toEqual(['', '', ''])
  expect([history.code, json.code, review.code]).toEqual([141, 141, 141])
}, 60_000)

test('a format that is none is refused, whatever it is called', async () => {
  const record = await aRecord()
  for (const format of ['constructor', 'toString', '__proto__'])
    await expect(
      record.asked(report, 'access-review', '--quarter', '2026-Q1', '--format', format),
    ).rejects.toThrow('curfew report')
})
