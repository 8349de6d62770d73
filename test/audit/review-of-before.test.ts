import { report } from '../../src/audit/report.ts'
import { ada, aPerson, at, riley, sam } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * "Of a time of which entries were removed for their age it says that it cannot be told": how somebody came to what they hold
 * since before that, and whether they ever looked at its secret, is then said of nobody as if it were known.
 */

const DAY_S = 86_400
const mallory = aPerson('Mallory')

/** Since January, into April; what happened before February was removed. */
async function aRecordSinceBefore(began: readonly object[]) {
  const record = await aRecord()
  await record.happened(
    'old',
    [
      ...began,
      { type: 'warned', at: at(80 * DAY_S) },
      { type: 'taken', at: at(100 * DAY_S), left: 'gone' },
    ] as never,
    { subject: mallory, requester: mallory },
  )
  // Sam holds the same in the spring, and looked at the secret that giving it makes.
  await record.happened(
    'new',
    [
      { type: 'asked', at: at(95 * DAY_S), by: sam },
      { type: 'approved', at: at(95 * DAY_S + 1), by: ada, note: null, stage: 0, durationMs: null },
      { type: 'given', at: at(95 * DAY_S + 2), heldBefore: false },
      { type: 'shown', at: at(95 * DAY_S + 3), by: sam, on: 'modal' },
      { type: 'taken', at: at(96 * DAY_S), left: 'gone' },
    ],
    { subject: sam, requester: sam },
  )
  await record.records()
  const rowOf = async () => {
    const words = ['access-review', '--quarter', '2026-Q2', '--format', 'csv']
    const { text } = await record.asked(report, ...words)
    const row = text.split('\r\n').find((line) => line.startsWith('"held"') && line.includes('"Mallory"'))
    const cells = (row ?? '').slice(1, -1).split('","')
    return { how: cells[8], usage: cells[16], borneOut: cells[18] }
  }
  return { ...record, rowOf, prunes: () => record.prunes({ before: at(27 * DAY_S) }) }
}

const given = { type: 'given', at: at(2), heldBefore: false }

test('who looked at their secret before the record begins is not said never to have used it', async () => {
  const { rowOf, prunes } = await aRecordSinceBefore([
    { type: 'asked', at: at(0), by: mallory },
    { type: 'approved', at: at(1), by: ada, note: null, stage: 0, durationMs: null },
    given,
    { type: 'shown', at: at(3), by: mallory, on: 'modal' },
  ])
  expect(await rowOf()).toMatchObject({ usage: 'secret shown', borneOut: 'yes' })
  await prunes()
  const { usage, borneOut } = await rowOf()
  expect(borneOut).toContain('cannot be told')
  expect(usage).not.toBe('never used')
})

test('who broke glass before the record begins is not said to have asked for it', async () => {
  const { rowOf, prunes } = await aRecordSinceBefore([{ type: 'broke-glass', at: at(0), by: mallory }, given])
  expect(await rowOf()).toMatchObject({ how: 'glass broken', borneOut: 'yes' })
  await prunes()
  const { how, borneOut } = await rowOf()
  expect(borneOut).toContain('cannot be told')
  expect(how).not.toBe('asked for')
})

test('who has it by a rule since before the record begins is not said to have asked for it', async () => {
  const { rowOf, prunes } = await aRecordSinceBefore([
    { type: 'matched-rule', at: at(0), source: 'everybody in sales' },
    given,
  ])
  expect(await rowOf()).toMatchObject({ how: 'by a rule' })
  await prunes()
  expect((await rowOf()).how).not.toBe('asked for')
})

test('whoever can write to the database hides no holding of before the record begins, of which the record has the end', async () => {
  const record = await aRecordSinceBefore([{ type: 'asked', at: at(0), by: riley }, given])
  await record.prunes()
  const reviewed = () => record.asked(report, 'access-review', '--quarter', '2026-Q2', '--format', 'csv')
  expect((await reviewed()).text).toContain('"Mallory"')
  // What is noted of an end of which no beginning is known, in place of what she held.
  await record.connection
    .collection<{ _id: string }>('holdings')
    .replaceOne({ _id: 'old' }, { until: at(100 * DAY_S), lasted: null })
  const { text, exitCode } = await reviewed()
  const isThere = text.split('\r\n').some((row) => row.startsWith('"held"') && row.includes('"Mallory"'))
  expect({ isThereOrSaid: isThere || exitCode === 1 }).toEqual({ isThereOrSaid: true })
})
