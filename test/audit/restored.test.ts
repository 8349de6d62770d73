import { at, riley } from '../support/builders.ts'
import { transition } from '../../src/domain/transition.ts'
import { aRecord } from './a-record.ts'

test('what happens after grants were restored to an earlier state than the record is recorded, though other words of that place stand there', async () => {
  const { asks, approves, records, connection, chain, grants } = await aRecord()
  const id = await asks()
  await records()
  const grantsThen = connection.collection<{ _id: string }>('grants')
  const backup = await grantsThen.findOne({ _id: id })
  await approves(id)
  await records()
  // A backup that is not of one instant: the record is of later than the grants.
  await grantsThen.replaceOne({ _id: id }, backup ?? {})
  await grants.change(id, (grant) =>
    transition(grant, { type: 'withdraw', by: riley, supersededBy: null }, at(90)),
  )
  await records()
  const texts = (await chain.after(0, 10)).map((link) => ('text' in link ? link.text : ''))
  expect(texts.some((text) => text.includes('"withdrawn"'))).toBe(true)
})
