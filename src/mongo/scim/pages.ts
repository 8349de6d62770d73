import type { Collection, Document } from 'mongodb'
import { boundedMap } from '../../bounded-map.ts'
import type { Listing, Page } from '../../domain/ports/scim.ts'

const mostMarks = 1_000
const marksForMs = 60_000
/** Counting fewer costs next to nothing. */
const manyEntries = 5_000
const longestMs = 10_000

type Mark = { readonly after: string; readonly total: number }

/**
 * Reads pages in the order of ids. Where a walk stands is remembered for a minute: the next page need not count through
 * all before it, and meets each once though some were deleted meanwhile. A long walk goes by the total that it began with.
 */
export function pageReader() {
  const marks = boundedMap<Mark>(mostMarks, { ttl: marksForMs })
  return async (
    collection: Collection<{ _id: string }>,
    query: Document,
    { skip, limit }: Pick<Listing, 'skip' | 'limit'>,
    stages: readonly Document[],
  ): Promise<Page<Document>> => {
    const key = JSON.stringify([collection.collectionName, query])
    const mark = skip === 0 ? undefined : marks.get(`${skip} ${key}`)
    const count = () => collection.countDocuments(query, { maxTimeMS: longestMs })
    if (limit === 0) return { total: await count(), items: [] }
    const items = await collection
      .aggregate(
        [
          { $match: mark === undefined ? query : { $and: [query, { _id: { $gt: mark.after } }] } },
          { $sort: { _id: 1 } },
          ...(mark === undefined && skip > 0 ? [{ $skip: skip }] : []),
          { $limit: limit },
          ...stages,
        ],
        { maxTimeMS: longestMs },
      )
      .toArray()
    // After a place that was remembered it is not known how many are left of those before it.
    const isLast = mark === undefined && items.length < limit && (skip === 0 || items.length > 0)
    const isKnown = mark !== undefined && mark.total > manyEntries
    const total = isLast ? skip + items.length : isKnown ? mark.total : await count()
    const last: unknown = items.at(-1)?.['_id']
    if (typeof last === 'string' && items.length === limit)
      marks.set(`${skip + limit} ${key}`, { after: last, total })
    return { total, items }
  }
}
