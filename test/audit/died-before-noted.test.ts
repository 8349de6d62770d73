import { report } from '../../src/audit/report.ts'
import { whoHeld } from '../../src/audit/who-held.ts'
import { chainKeys } from '../../src/domain/audit/keys.ts'
import { mongoHistories } from '../../src/mongo/audit.ts'
import { recordHistory } from '../../src/operations/by-itself/record-history.ts'
import { ada, at, riley } from '../support/builders.ts'
import { noLog } from '../support/no-log.ts'
import { aRecord } from './a-record.ts'

/**
 * "Where the index is a moment behind the record, what the record says counts": also where whoever records died between the
 * two, and the next one comes in a minute.
 */

const asked = { type: 'asked' as const, at: at(0), by: riley }
const approved = {
  type: 'approved' as const,
  at: at(1),
  by: ada,
  note: null,
  stage: 0,
  durationMs: null,
}
const given = { type: 'given' as const, at: at(2), heldBefore: false }
const taken = { type: 'taken' as const, at: at(600), left: 'gone' as const }

async function aRecordThatDies() {
  const record = await aRecord()
  const stored = record.connection.collection<{ _id: string }>('grants')
  /** It stands in the record, and whoever put it there died right after. */
  const recordsAndDies = async () => {
    const parts = {
      chain: record.chain,
      places: [mongoHistories(record.connection, noLog)],
      holdings: { note: () => Promise.reject(new Error('killed')) },
      named: record.named,
    }
    await expect(recordHistory(parts, chainKeys([record.key])[0])).rejects.toThrow('killed')
  }
  const heldAt = (second: number) =>
    record.asked(whoHeld, 'orders-db', 'read', '--at', at(second).toISOString())
  return { ...record, stored, recordsAndDies, heldAt }
}

test('who gave it back before that instant, by the record, is not said to hold it, nor anything to be changed', async () => {
  const { happened, records, stored, recordsAndDies, heldAt } = await aRecordThatDies()
  await happened('g1', [asked, approved, given])
  await records()
  const history = [asked, approved, given, taken]
  await stored.updateOne({ _id: 'g1' }, { $set: { history, unrecorded: true }, $inc: { revision: 1 } })
  await recordsAndDies()
  const { text, exitCode } = await heldAt(1_000)
  expect({ exitCode, isAlarm: /NOT AS RECORDED|was changed/.test(text) }).toEqual({
    exitCode: 0,
    isAlarm: false,
  })
  await records()
  expect((await heldAt(1_000)).text).toContain('Nobody held it')
})

test('a review of a time since then says nothing to be changed either', async () => {
  const { happened, records, stored, recordsAndDies, asked: asks } = await aRecordThatDies()
  await happened('g1', [asked, approved, given])
  await records()
  const history = [asked, approved, given, taken]
  await stored.updateOne({ _id: 'g1' }, { $set: { history, unrecorded: true }, $inc: { revision: 1 } })
  await recordsAndDies()
  const { text } = await asks(report, 'access-review', '--quarter', '2026-Q2', '--format', 'csv')
  expect(text).not.toContain('"NO: 1"')
})

test('of who was given it before that instant, by the record, it is not said that nobody held it', async () => {
  const { happened, records, recordsAndDies, heldAt } = await aRecordThatDies()
  await happened('g1', [asked, approved, given])
  await recordsAndDies()
  expect((await heldAt(60)).text).not.toContain('Nobody held it')
  await records()
  expect((await heldAt(60)).text).toContain('Riley')
})
