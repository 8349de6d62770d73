import { MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { OneTimeCodeStore } from '../../domain/ports/one-time-codes.ts'
import { aboutToWrite } from '../../domain/writes.ts'
import { collectionOf } from '../connection.ts'

const row = z.object({
  about: z.unknown(),
  until: z.date(),
  left: z.number(),
  usedAt: z.date().nullable(),
  isExpired: z.boolean().optional(),
})

export function mongoOneTimeCodes<About>(
  connection: Connection,
  { collection, schema }: { collection: string; schema: z.ZodType<About> },
): OneTimeCodeStore<About> {
  const codes = collectionOf<{ _id: string }>(connection, collection)
  const good = { usedAt: null, left: { $gt: 0 }, $expr: { $gt: ['$until', '$$NOW'] } }

  const put = async (
    key: string,
    { mark, about, forMs, tries }: Parameters<OneTimeCodeStore<About>['put']>[1],
  ) => {
    const made = await codes.findOneAndUpdate(
      { _id: key },
      [
        {
          $replaceWith: {
            $mergeObjects: [
              { $literal: { _id: key, mark, about, left: tries, usedAt: null } },
              { until: { $add: ['$$NOW', forMs] } },
            ],
          },
        },
      ],
      { upsert: true, returnDocument: 'after' },
    )
    return { until: row.parse(made).until }
  }
  return {
    put: async (key, code) => {
      aboutToWrite()
      return put(key, code).catch((error: unknown) => {
        // Two made the document at once: it is there now.
        if (error instanceof MongoServerError && error.code === 11000) return put(key, code)
        throw error
      })
    },
    use: async (key, marks) => {
      aboutToWrite()
      const tried = await codes.findOneAndUpdate(
        { _id: key, ...good },
        [
          {
            $set: {
              left: { $subtract: ['$left', 1] },
              usedAt: { $cond: [{ $in: ['$mark', { $literal: marks }] }, '$$NOW', null] },
            },
          },
        ],
        { returnDocument: 'after' },
      )
      if (tried !== null) {
        const { about, left, usedAt } = row.parse(tried)
        if (usedAt === null) return { used: false, why: 'wrong', left }
        return { used: true, about: schema.parse(about), at: usedAt }
      }
      const isExpired = { $lte: ['$until', '$$NOW'] }
      const [found] = await codes.aggregate([{ $match: { _id: key } }, { $set: { isExpired } }]).toArray()
      if (found === undefined) return { used: false, why: 'none' }
      const known = row.parse(found)
      if (known.usedAt !== null) return { used: false, why: 'used-before' }
      if (known.isExpired) return { used: false, why: 'expired' }
      // Made anew since it was looked for: that one was not tried.
      return known.left > 0
        ? { used: false, why: 'wrong', left: known.left }
        : { used: false, why: 'too-many-tries' }
    },
    cancel: async (key) => {
      aboutToWrite()
      return (await codes.deleteOne({ _id: key, ...good })).deletedCount === 1
    },
  }
}
