import { report } from '../../src/audit/report.ts'
import { ada, aPerson, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * "At its head stand … whether all of it is there": what was cut off at the end of the record only checkpoints can tell, as
 * `curfew audit verify` says. A report that was compared with none says so too, and does not call the record whole.
 */

const mallory = aPerson('Mallory')
const held = (second: number) => [
  { type: 'asked' as const, at: at(second), by: riley },
  { type: 'approved' as const, at: at(second + 1), by: ada, note: null, stage: 0, durationMs: null },
  { type: 'given' as const, at: at(second + 2), heldBefore: false },
  { type: 'taken' as const, at: at(second + 3_600), left: 'gone' as const },
]

test.each(['csv', 'html'])(
  'whoever cuts off the end of the record, and what is drawn from it, hides no holding from a review that says nothing of it (%s)',
  async (format) => {
    const record = await aRecord()
    await record.happened('g1', held(0))
    await record.records()
    await record.happened('g2', held(9_000), { subject: mallory })
    await record.records()
    const words = ['access-review', '--quarter', '2026-Q1', '--format', format]
    expect((await record.asked(report, ...words)).text).toContain('Mallory')
    // By somebody who can write to the database, and has no key.
    await record.connection.collection<{ _id: number }>('chain').deleteMany({ _id: { $gt: 4 } })
    await record.connection.collection<{ _id: string }>('holdings').deleteOne({ _id: 'g2' })
    await record.connection.collection<{ _id: string }>('grants').deleteOne({ _id: 'g2' })
    const { text, exitCode } = await record.asked(report, ...words)
    const isThere = text.includes('Mallory')
    const isSaid = exitCode === 1 || /cut off|checkpoint/i.test(text)
    expect({ isThereOrSaid: isThere || isSaid }).toEqual({ isThereOrSaid: true })
  },
)
