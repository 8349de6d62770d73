import { MongoBulkWriteError, type BulkWriteResult, type Collection } from 'mongodb'
import { updateEach } from '../../src/mongo/together.ts'

type Operations = { updateOne: { filter: { _id: string }; update: { $set: { marks: unknown } }[] } }[]

/** Two are sent; the second fails for itself, and the primary steps down before a majority has the first. */
test('what no majority confirmed is not said to be written, as another of its batch failed', async () => {
  const marks: string[] = []
  const collection: Pick<Collection<{ _id: string }>, 'find'> & { bulkWrite: unknown } = {
    bulkWrite: async (operations: Operations) => {
      const mark = /"([\w.-]{12,})"/.exec(JSON.stringify(operations[0]?.updateOne.update))?.[1]
      if (mark) marks.push(mark)
      const result = { matchedCount: 1, getWriteConcernError: () => ({ code: 189 }) }
      const writeErrors = [{ index: 1, code: 10334, errmsg: 'too large' }]
      throw new MongoBulkWriteError(
        { message: 'too large', code: 10334, writeErrors } as never,
        result as unknown as BulkWriteResult,
      )
    },
    find: (() => ({ toArray: async () => [{ _id: 'a', marks }, { _id: 'b' }] })) as never,
  }
  const updates = ['a', 'b'].map((_id) => ({ filter: { _id, revision: 1 }, pipeline: [] }))
  await expect(updateEach(collection as never, updates)).rejects.toThrow('too large')
  expect(marks).toHaveLength(1)
})
