import { report } from '../../src/audit/report.ts'
import { ada, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** Access that somebody had without Curfew is marked, for whoever is to say whether they keep it. */
test.each([
  ['was held before', true, []],
  ['came by a give of ours, as turned out', false, [{ type: 'ours', at: at(4) }]],
] as const)('what %s is marked as it is', async (_what, isMarked, more) => {
  const record = await aRecord()
  await record.happened('g1', [
    { type: 'asked', at: at(0), by: riley },
    { type: 'approved', at: at(1), by: ada, note: null, stage: 0, durationMs: null },
    { type: 'given', at: at(2), heldBefore: true },
    ...more,
    { type: 'taken', at: at(3_600), left: 'gone' },
  ])
  await record.records()
  const words = ['access-review', '--quarter', '2026-Q1', '--format', 'html']
  const { text, exitCode } = await record.asked(report, ...words)
  expect(exitCode).toBe(0)
  expect(text.includes('had it without Curfew too')).toBe(isMarked)
})
