import { aRecord } from './a-record.ts'
import { aRequest } from '../support/builders.ts'
import { toStored } from '../../src/mongo/grant-model.ts'

test('however long the histories are that were there before the record, all of them are recorded', async () => {
  const { connection, records, adopts, chain } = await aRecord()
  const id = 'g'.repeat(20)
  const entries = 900
  const history = Array.from({ length: entries }, () => ({ type: 'renewed', at: new Date(0) }))
  const one = toStored(aRequest(0))
  const those = Array.from({ length: 500 }, (_, i) => ({
    ...one,
    _id: `${id}${i}`,
    slot: `${i}`,
    requestId: `r${i}`,
    history,
  }))
  for (let i = 0; i < those.length; i += 50)
    await connection.collection<{ _id: string }>('grants').insertMany(those.slice(i, i + 50))
  await adopts()
  await records()
  expect((await chain.end()).number).toBe(500 * entries)
}, 300_000)
