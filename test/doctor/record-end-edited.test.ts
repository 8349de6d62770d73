import { runChecks } from '../../src/doctor/check.ts'
import { openInstallation } from '../../src/doctor/installation.ts'
import { recordCheck } from '../../src/doctor/record.ts'
import { aLongRecord } from '../audit/a-record.ts'
import { at } from '../support/builders.ts'
import { written } from '../support/ring.ts'

/** "Record: right means … its last entry is as the keys of now wrote it": what was changed of it is never called right. */

async function aLook() {
  const record = await aLongRecord()
  const look = async () => {
    const installation = openInstallation(
      { MONGODB_URI: record.mongodbUri, AUDIT_KEYS: written(record.key) },
      () => new Date(),
    )
    try {
      return (await runChecks([recordCheck], installation)).find(({ about }) => about === 'record')
    } finally {
      await installation.close()
    }
  }
  expect(await look()).toMatchObject({ verdict: 'right' })
  return { ...record, look }
}

test('a last entry that was edited is wrong, also where the one before it was removed', async () => {
  const { connection, look } = await aLook()
  await connection
    .collection<{ _id: number }>('chain')
    .updateOne({ _id: 20 }, { $set: { text: '{"what":"act"}' } })
  expect(await look()).toMatchObject({ verdict: 'wrong' })
  await connection.collection<{ _id: number }>('chain').deleteOne({ _id: 19 })
  expect(await look()).toMatchObject({ verdict: 'wrong' })
})

test('a last entry that was edited is wrong, also where all before it were removed for their age', async () => {
  const { connection, look, prunes } = await aLook()
  await prunes({ before: at(1_000_000) })
  expect(await look()).toMatchObject({ verdict: 'right' })
  await connection
    .collection<{ _id: number }>('chain')
    .updateOne({ _id: 20 }, { $set: { text: '{"what":"act"}' } })
  expect(await look()).toMatchObject({ verdict: 'wrong' })
})
