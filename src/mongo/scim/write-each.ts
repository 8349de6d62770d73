import { MongoBulkWriteError, MongoServerError, type AnyBulkWriteOperation, type Collection } from 'mongodb'

/** What failed alone fails alone. */
export async function writeEach(
  collection: Collection<{ _id: string }>,
  operations: readonly AnyBulkWriteOperation<{ _id: string }>[],
): Promise<{ ok: number; errors: ReadonlyMap<number, Error> }> {
  try {
    const result = await collection.bulkWrite([...operations], { ordered: false })
    return { ok: result.upsertedCount + result.modifiedCount, errors: new Map() }
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const failed = [error.writeErrors].flat()
    if (failed.length === 0) throw error
    const { upsertedCount, modifiedCount } = error.result
    const errors = failed.map(
      (one) => [one.index, new MongoServerError({ message: one.errmsg ?? '', code: one.code })] as const,
    )
    return { ok: upsertedCount + modifiedCount, errors: new Map(errors) }
  }
}
