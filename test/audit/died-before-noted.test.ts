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

async function aRecordThatDies() {
  const record = await aRecord()
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
  return { ...record, recordsAndDies, heldAt }
}

test('of who was given it before that instant, by the record, it is not said that nobody held it', async () => {
  const { happened, records, recordsAndDies, heldAt } = await aRecordThatDies()
  await happened('g1', [asked, approved, given])
  await recordsAndDies()
  expect((await heldAt(60)).text).not.toContain('Nobody held it')
  await records()
  expect((await heldAt(60)).text).toContain('Riley')
})
