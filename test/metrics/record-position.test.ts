import { mongoRecordPosition } from '../../src/mongo/record-position.ts'
import { aRecord } from '../audit/a-record.ts'

test('how far the record is, and what waits for it', async () => {
  const record = await aRecord()
  const { position } = mongoRecordPosition(record.connection, null)
  expect(await position()).toEqual({ entries: 0, waiting: 0, unsent: null })
  await record.asks()
  const behind = mongoRecordPosition(record.connection, { lag: async () => 7 })
  expect(await behind.position()).toMatchObject({ unsent: 7 })
  const act = await record.acts.begin({
    type: 'record-read',
    by: { operator: 'sam' },
    about: { kind: 'record', id: 'record', name: 'record' },
    details: {},
  })
  expect(await position()).toEqual({ entries: 0, waiting: 1, unsent: null })
  await act.ended('done')
  expect(await position()).toEqual({ entries: 0, waiting: 2, unsent: null })
  await record.records()
  expect(await position()).toEqual({ entries: 2, waiting: 0, unsent: null })
})
