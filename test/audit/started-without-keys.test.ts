import { warnOfRecordLeft } from '../../src/recording.ts'
import { written } from '../support/ring.ts'
import { ringKeys } from '../../src/domain/ring-keys.ts'
import { aRecord } from './a-record.ts'

test('whoever starts without the keys of a record that stands there reads that nothing more is recorded', async () => {
  const record = await aRecord()
  const said: string[] = []
  const note = (words: string) => said.push(words)
  const log = { debug: note, info: note, warn: note, error: note }
  await warnOfRecordLeft(record.connection, { auditKeys: null }, log)
  expect(said).toEqual([])
  await record.asks()
  await record.records()
  await warnOfRecordLeft(record.connection, { auditKeys: ringKeys.parse(written(record.key)) }, log)
  expect(said).toEqual([])
  await warnOfRecordLeft(record.connection, { auditKeys: null }, log)
  expect(said).toEqual([expect.stringContaining('AUDIT_KEYS')])
  // Whatever somebody put there keeps nobody from starting.
  await record.connection.collection<{ _id: number }>('chain').insertOne({ _id: 1e9 + 0.5, mark: 7 } as never)
  await warnOfRecordLeft(record.connection, { auditKeys: null }, log)
  expect(said).toHaveLength(2)
})
