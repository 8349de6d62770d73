import DataLoader from 'dataloader'
import {
  MongoBulkWriteError,
  MongoServerError,
  type BulkWriteOptions,
  type BulkWriteResult,
  type Collection,
  type Document,
  type Filter,
} from 'mongodb'
import { z } from 'zod'
import { newMark } from './mark.ts'

const mostAtOnce = 100
/** How many later writes a mark survives. */
const marksKept = 8

/**
 * One asking at a time for the caller, one round trip for everything that was asked in the same turn of the event
 * loop: what a thousand grants need at once costs a few commands. `run` answers in the order asked, an `Error` for
 * what failed alone; if it throws, all that was asked with it fails. With `waitMs`, for what is asked within that time.
 */
export function together<Asked, Answer>(
  run: (asked: readonly Asked[]) => Promise<(Answer | Error)[]>,
  { waitMs = 0 }: { waitMs?: number } = {},
): (asked: Asked) => Promise<Answer> {
  const loader = new DataLoader<Asked, Answer>(run, {
    cache: false,
    maxBatchSize: mostAtOnce,
    batchScheduleFn: (go) => (waitMs === 0 ? setImmediate(go) : setTimeout(go, waitMs)),
  })
  return (asked) => loader.load(asked)
}

export interface ConditionalUpdate {
  readonly filter: Document & { readonly _id: string }
  readonly pipeline: Document[]
}

/**
 * Conditional updates in one round trip: of each, whether its condition held and it was applied, or its own error.
 * Each leaves a mark in its document, so that one that was overtaken at once is still known to have been applied.
 */
export async function updateEach<D extends { _id: string }>(
  collection: Collection<D>,
  updates: readonly ConditionalUpdate[],
): Promise<(boolean | Error)[]> {
  const marked = updates.map((update) => ({ ...update, mark: newMark() }))
  const operations = marked.map(({ filter, pipeline, mark }) => ({
    updateOne: { filter: filter, update: [...pipeline, { $set: { marks: withMark(mark) } }] },
  }))
  const { matched, errors } = await writeAll(collection, operations)
  if (matched === updates.length) return updates.map(() => true)
  const found = await byId(collection, idsOf(updates), { marks: 1 })
  const isMarked = (id: string, mark: string) => marksOf.parse(found.get(id)?.['marks'] ?? []).includes(mark)
  return marked.map(({ filter, mark }, i) => errors.get(i) ?? isMarked(filter._id, mark))
}

/** The same, and of each the document as it is afterwards: null where its condition did not hold. */
export async function updateAndReadEach<D extends { _id: string }>(
  collection: Collection<D>,
  updates: readonly ConditionalUpdate[],
): Promise<(Document | null | Error)[]> {
  const [only, ...others] = updates
  if (only && others.length === 0) return [await updateOne(collection, only)]
  const applied = await updateEach(collection, updates)
  const found = await byId(collection, idsOf(updates))
  return updates.map(({ filter }, i) => {
    const one = applied[i]
    return one === true ? (found.get(filter._id) ?? null) : one instanceof Error ? one : null
  })
}

/**
 * Makes each that is not there, or changes it as its pipeline says: of each, whether it was made here, or its own error.
 * Without `isSafe` it counts as soon as the primary has it: that is forgotten where the primary is lost.
 */
export async function upsertEach<D extends { _id: string }>(
  collection: Collection<D>,
  updates: readonly ConditionalUpdate[],
  { isSafe = true }: { isSafe?: boolean } = {},
): Promise<('made' | 'there' | NotWritten)[]> {
  const operations = updates.map(({ filter, pipeline }) => ({
    updateOne: { filter: filter, update: [...pipeline], upsert: true },
  }))
  const options = isSafe ? {} : { writeConcern: { w: 1, journal: false } }
  const { made, errors } = await writeAll(collection, operations, options)
  return updates.map((_, i) => errors.get(i) ?? (made.has(i) ? 'made' : 'there'))
}

/** Makes each that is not there, or changes it as its pipeline says; answers the documents as they are afterwards. */
export async function makeEach<D extends { _id: string }>(
  collection: Collection<D>,
  updates: readonly ConditionalUpdate[],
): Promise<(Document | Error)[]> {
  const [only, ...others] = updates
  if (only && others.length === 0) return [(await makeOne(collection, only)) ?? notMade()]
  const written = await upsertEach(collection, updates)
  const found = await byId(collection, idsOf(updates))
  return updates.map(({ filter }, i) => {
    const one = written[i]
    // One that somebody else made in this very moment is as good.
    if (one instanceof NotWritten && !one.isDuplicate) return one
    return found.get(filter._id) ?? (one instanceof NotWritten ? one : notMade())
  })
}

const notMade = (): Error => new Error('what was just made is not there')

async function updateOne<D extends { _id: string }>(
  collection: Collection<D>,
  { filter, pipeline }: ConditionalUpdate,
): Promise<Document | null> {
  return collection.findOneAndUpdate(filter, [...pipeline], { returnDocument: 'after' })
}

async function makeOne<D extends { _id: string }>(
  collection: Collection<D>,
  { filter, pipeline }: ConditionalUpdate,
): Promise<Document | null> {
  const make = () =>
    collection.findOneAndUpdate(filter, [...pipeline], {
      upsert: true,
      returnDocument: 'after',
    })
  try {
    return await make()
  } catch (error) {
    // Somebody else made it in this very moment.
    if (error instanceof MongoServerError && error.code === 11000) return make()
    throw error
  }
}

const idsOf = (updates: readonly ConditionalUpdate[]): string[] => updates.map(({ filter }) => filter._id)

/** Documents by their id, those that exist. */
export async function byId<D extends { _id: string }>(
  collection: Collection<D>,
  ids: readonly string[],
  projection: Document = {},
): Promise<ReadonlyMap<string, Document>> {
  const filter = { _id: { $in: [...new Set(ids)] } } as Filter<D>
  const found = await collection.find<Document>(filter, { projection }).toArray()
  return new Map(found.map((document) => [String(document['_id']), document]))
}

async function writeAll<D extends { _id: string }>(
  collection: Collection<D>,
  operations: Parameters<Collection<D>['bulkWrite']>[0],
  options: BulkWriteOptions = {},
): Promise<{ matched: number; made: ReadonlySet<number>; errors: ReadonlyMap<number, NotWritten> }> {
  try {
    const result = await collection.bulkWrite(operations, { ...options, ordered: false })
    return { matched: result.matchedCount, made: madeOf(result), errors: new Map() }
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const failed = [error.writeErrors].flat()
    // Of the others no majority is known to have them: what one member alone confirmed counts for nothing.
    if (failed.length === 0 || error.result.getWriteConcernError() !== undefined) throw error
    return {
      matched: -1,
      made: madeOf(error.result),
      errors: new Map(failed.map((one) => [one.index, new NotWritten(one.errmsg, one.code)])),
    }
  }
}

/** Which of the operations made a document. */
const madeOf = ({ upsertedIds }: BulkWriteResult): ReadonlySet<number> =>
  new Set(Object.keys(upsertedIds).map(Number))

class NotWritten extends Error {
  override readonly name = 'NotWritten'
  readonly isDuplicate: boolean

  constructor(message = 'not written', code: number) {
    super(message)
    this.isDuplicate = code === 11000
  }
}

const marksOf = z.array(z.string())

const withMark = (mark: string): Document => ({
  $slice: [{ $concatArrays: [{ $ifNull: ['$marks', []] }, [mark]] }, -marksKept],
})
