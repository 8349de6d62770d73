import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { at, riley } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * "A grant that was given, taken back, and given once more after the grants alone were restored to a state of before that
 * counts as one holding, from the first time on": so whoever holds it after the second time is found, at every instant since.
 */

const HOUR_S = 3_600
const asked = { type: 'asked' as const, at: at(-60), by: riley }
const gave = (second: number) => ({ type: 'given' as const, at: at(second), heldBefore: false })

/** Given at 9, taken at 10; the grants are restored to a state of before 9, and it is given once more at 11. */
async function aRecordGivenOnceMore() {
  const record = await aRecord()
  const stored = record.connection.collection<{ _id: string }>('grants')
  await record.happened('g1', [asked])
  await record.records()
  const backup = await stored.findOne({ _id: 'g1' })
  const happens = async (history: readonly object[]) => {
    await stored.updateOne({ _id: 'g1' }, { $set: { history, unrecorded: true }, $inc: { revision: 1 } })
    await record.records()
  }
  await happens([asked, gave(0), { type: 'taken', at: at(HOUR_S), left: 'gone' }])
  await stored.replaceOne({ _id: 'g1' }, backup ?? {})
  await happens([asked, gave(2 * HOUR_S)])
  const heldAt = async (second: number) => {
    const then = at(second).toISOString()
    const { text, exitCode } = await record.asked(whoHeld, 'orders-db', 'read', '--at', then, '--json')
    return { exitCode, held: (JSON.parse(text) as unknown[]).length }
  }
  return { ...record, heldAt }
}

test('who holds it since it was given once more is found, while they hold it', async () => {
  const { heldAt } = await aRecordGivenOnceMore()
  expect((await heldAt(3 * HOUR_S)).held).toBe(1)
})

test('nothing of it is said to be changed, as nobody changed anything of the record', async () => {
  const { heldAt, verifies } = await aRecordGivenOnceMore()
  expect(await verifies()).toMatchObject({ faultCount: 0 })
  expect(await heldAt(0.5 * HOUR_S)).toEqual({ exitCode: 0, held: 1 })
})

test('a review of the time since has their row, or says that it is not whole', async () => {
  const record = await aRecordGivenOnceMore()
  const of = ['--from', at(2.5 * HOUR_S).toISOString(), '--to', at(9 * HOUR_S).toISOString()]
  const { text, exitCode } = await record.asked(report, 'access-review', ...of, '--format', 'csv')
  const isThere = text.split('\r\n').some((row) => row.startsWith('"held"') && row.includes('Riley'))
  expect({ isThereOrSaid: isThere || exitCode === 1 }).toEqual({ isThereOrSaid: true })
})

test('who holds it still is found also once the first time was removed for its age', async () => {
  const record = await aRecordGivenOnceMore()
  await record.happened('later', [{ type: 'asked', at: at(4 * HOUR_S), by: riley }])
  await record.records()
  await record.prunes({ before: at(1.5 * HOUR_S) })
  const then = at(3 * HOUR_S).toISOString()
  const { text } = await record.asked(whoHeld, 'orders-db', 'read', '--at', then)
  expect(text).not.toContain('Nobody held it')
})
