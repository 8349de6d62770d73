import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Quota } from '../domain/catalog.ts'
import type { QuotaStore } from '../domain/ports/quotas.ts'
import { aboutToWrite } from '../domain/writes.ts'

/** Longer than any quota's time. */
const keptMs = 400 * 24 * 60 * 60_000

const schema = new Schema(
  { _id: String, uses: [{ _id: false, grantId: String, at: Date }] },
  { collection: 'quotas', versionKey: false },
)
const uses = z.object({ uses: z.array(z.object({ grantId: z.string() })).default([]) })

export const quotaModel = (connection: Connection) => connection.model('Quota', schema)

/** One document for each person and rule; counting and noting are one write of it, by the database's clock. */
export function mongoQuotas(connection: Connection): QuotaStore {
  const model = quotaModel(connection)
  const since = (ms: number) => ({
    $filter: {
      input: { $ifNull: ['$uses', []] },
      as: 'one',
      cond: { $gt: ['$$one.at', { $subtract: ['$$NOW', ms] }] },
    },
  })
  const note = (key: string, grantId: string, { uses: most, perMs }: Quota) =>
    model
      .findOneAndUpdate(
        { _id: key },
        [
          { $set: { uses: since(keptMs) } },
          {
            $set: {
              uses: {
                $cond: [
                  {
                    $or: [{ $in: [grantId, '$uses.grantId'] }, { $gte: [{ $size: since(perMs) }, most] }],
                  },
                  '$uses',
                  { $concatArrays: ['$uses', [{ grantId: { $literal: grantId }, at: '$$NOW' }]] },
                ],
              },
            },
          },
        ],
        { upsert: true, returnDocument: 'after', updatePipeline: true },
      )
      .lean()
  return {
    use: async (key, grantId, quota) => {
      aboutToWrite()
      const noted = await note(key, grantId, quota).catch((error: unknown) => {
        // Two made the document at once: it is there now.
        if (error instanceof MongoServerError && error.code === 11000) return note(key, grantId, quota)
        throw error
      })
      return uses.parse(noted).uses.some((one) => one.grantId === grantId)
    },
    giveBack: async (key, grantId) => {
      aboutToWrite()
      await model.updateOne({ _id: key }, { $pull: { uses: { grantId } } })
    },
    left: async (key, { uses: most, perMs }) => {
      const [row] = await model.aggregate<{ used: number }>([
        { $match: { _id: key } },
        { $project: { used: { $size: since(perMs) } } },
      ])
      return Math.max(0, most - (row?.used ?? 0))
    },
  }
}
