import { MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../../domain/person-ref.ts'
import type { EnrolmentCodeStore } from '../../domain/ports/enrolment-codes.ts'
import { aboutToWrite } from '../../domain/writes.ts'
import { collectionOf } from '../connection.ts'

const row = z.object({
  by: z.union([personRef, z.object({ operator: z.string() })]),
  until: z.date(),
  left: z.number(),
  usedAt: z.date().nullable(),
  isExpired: z.boolean().optional(),
})

export function mongoEnrolmentCodes(connection: Connection): EnrolmentCodeStore {
  const codes = collectionOf<{ _id: string }>(connection, 'enrolment_codes')
  const good = { usedAt: null, left: { $gt: 0 }, $expr: { $gt: ['$until', '$$NOW'] } }

  const put = async (
    person: string,
    { mark, by, forMs, tries }: Parameters<EnrolmentCodeStore['put']>[1],
  ) => {
    const made = await codes.findOneAndUpdate(
      { _id: person },
      [
        {
          $replaceWith: {
            $mergeObjects: [
              { $literal: { _id: person, mark, by, left: tries, usedAt: null } },
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
    put: async (person, code) => {
      aboutToWrite()
      return put(person, code).catch((error: unknown) => {
        // Two made the document at once: it is there now.
        if (error instanceof MongoServerError && error.code === 11000) return put(person, code)
        throw error
      })
    },
    use: async (person, marks) => {
      aboutToWrite()
      const tried = await codes.findOneAndUpdate(
        { _id: person, ...good },
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
        const { by, left, usedAt } = row.parse(tried)
        return usedAt === null ? { used: false, why: 'wrong', left } : { used: true, by, at: usedAt }
      }
      const isExpired = { $lte: ['$until', '$$NOW'] }
      const [found] = await codes.aggregate([{ $match: { _id: person } }, { $set: { isExpired } }]).toArray()
      if (found === undefined) return { used: false, why: 'none' }
      const known = row.parse(found)
      if (known.usedAt !== null) return { used: false, why: 'used-before' }
      if (known.isExpired) return { used: false, why: 'expired' }
      // Made anew since it was looked for: that one was not tried.
      return known.left > 0
        ? { used: false, why: 'wrong', left: known.left }
        : { used: false, why: 'too-many-tries' }
    },
    cancel: async (person) => {
      aboutToWrite()
      return (await codes.deleteOne({ _id: person, ...good })).deletedCount === 1
    },
  }
}
