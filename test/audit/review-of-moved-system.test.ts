import { report } from '../../src/audit/report.ts'
import { ada, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/** Whoever reviews reads on which system somebody held something: on each of them, where it moved within the quarter. */

const held = (second: number) => [
  { type: 'asked' as const, at: at(second), by: riley },
  { type: 'approved' as const, at: at(second + 1), by: ada, note: null, stage: 0, durationMs: null },
  { type: 'given' as const, at: at(second + 2), heldBefore: false },
  { type: 'taken' as const, at: at(second + 3_600), left: 'gone' as const },
]

test.each(['csv', 'html'])(
  'what was held on one system, and after a move on another, is said of both (%s)',
  async (format) => {
    const record = await aRecord()
    await record.happened('g1', held(0), { system: 'orders-old', principal: 'riley' })
    await record.happened('g2', held(9_000), { system: 'orders-new', principal: 'riley.r' })
    await record.records()
    const { text } = await record.asked(
      report,
      ...['access-review', '--quarter', '2026-Q1', '--format', format],
    )
    expect(text).toContain('riley.r')
    expect([text.includes('orders-old'), text.includes('orders-new')]).toEqual([true, true])
  },
)
