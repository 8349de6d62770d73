import { report } from '../../src/audit/report.ts'
import { ada, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * A review has "from when until when" somebody held something, and a box to keep or to remove it: what has ended by now, after
 * the quarter, is not said to be held still.
 */

const DAY_S = 86_400

test.each(['csv', 'html'])(
  'what was held when the quarter ended, and is over when the review is made, is not held still (%s)',
  async (format) => {
    const record = await aRecord()
    await record.happened('g1', [
      { type: 'asked', at: at(0), by: riley },
      { type: 'approved', at: at(1), by: ada, note: null, stage: 0, durationMs: null },
      { type: 'given', at: at(2), heldBefore: false },
      // On 15 April.
      { type: 'taken', at: at(100 * DAY_S), left: 'gone' },
    ])
    await record.records()
    const words = ['access-review', '--quarter', '2026-Q1', '--format', format]
    const { text, exitCode } = await record.asked(report, ...words)
    expect(exitCode).toBe(0)
    const cells = text.replace(/what is held still is counted[^<"]*/, '')
    expect(cells).not.toContain('held still')
  },
)
