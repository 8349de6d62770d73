import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { aPerson, at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * Of what was held since before the record begins its beginning cannot be told. What the record does say of it (who it was,
 * as whom, when it was over) stands there still, and whatever was written beside it is held against that.
 */

const mallory = aPerson('Mallory')
const [givenS, prunedS, takenS] = [20, 45, 7_000]

/** Given before the record begins, taken back by an entry that it has. */
async function aRecordOfOld() {
  const record = await aRecord()
  await record.happened('long', [
    { type: 'asked', at: at(givenS - 1), by: riley },
    { type: 'given', at: at(givenS), heldBefore: false },
  ])
  await record.happened('other', [{ type: 'asked', at: at(prunedS + 5), by: riley }])
  await record.records()
  const grants = record.connection.collection<{ _id: string }>('grants')
  await grants.updateOne(
    { _id: 'long' },
    {
      $push: { history: { type: 'taken', at: at(takenS), left: 'gone' } },
      $set: { unrecorded: true },
    },
  )
  await record.records()
  await record.prunes({ before: at(prunedS) })
  const holdings = record.connection.collection<{ _id: string }>('holdings')
  const held = (second: number) =>
    record.asked(whoHeld, 'orders-db', 'read', '--at', at(second).toISOString())
  expect(await held(1_000)).toMatchObject({
    exitCode: 0,
    text: expect.stringMatching(/Riley.*since before the record begins/) as unknown,
  })
  return { ...record, holdings, held }
}

const lies = [
  ['who it was', { subject: mallory }, 1_000],
  ['as whom', { principal: 'root' }, 1_000],
  ['that it went on after it was taken back', { until: at(50_000), lasted: 5 }, 20_000],
  ['that it goes on still', { until: null, lasted: null }, 20_000],
] as const

test.each(lies)(
  '%s is not believed of whoever wrote it beside the record, where the record has it otherwise',
  async (_what, change, second) => {
    const { holdings, held } = await aRecordOfOld()
    await holdings.updateOne({ _id: 'long' }, { $set: change })
    const { text, exitCode } = await held(second)
    expect([exitCode, text]).toEqual([1, expect.stringContaining('NOT AS RECORDED')])
  },
)

test('somebody is not said to have held it since before the record begins, whose end since then it would have', async () => {
  const { holdings, held, asked } = await aRecordOfOld()
  const { _id, ...like } = (await holdings.findOne({ _id: 'long' })) ?? { _id: '' }
  expect(_id).toBe('long')
  // Over after the record begins: what ended it would stand there.
  await holdings.insertOne({ ...like, _id: 'forged', subject: mallory } as never)
  const { text, exitCode } = await held(1_000)
  expect([exitCode, text]).toEqual([1, expect.stringContaining('NOT AS RECORDED')])
  const reviewed = await asked(report, 'access-review', '--quarter', '2026-Q1', '--format', 'csv')
  expect(reviewed.exitCode).toBe(1)
})
