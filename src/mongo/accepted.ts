import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { holdId } from '../domain/hold.ts'
import type { AcceptedStore } from '../domain/ports/accepted.ts'

const schema = new Schema(
  {
    _id: String,
    system: String,
    canonical: String,
    principal: String,
    until: Date,
    by: String,
    at: Date,
  },
  { collection: 'accepted', versionKey: false },
)
schema.index({ system: 1, canonical: 1, until: 1 })

const row = z.object({ principal: z.string() })

export const acceptedModel = (connection: Connection) => connection.model('Accepted', schema)

export function mongoAccepted(connection: Connection): AcceptedStore {
  const model = acceptedModel(connection)
  return {
    accept: async (all) => {
      await model.bulkWrite(
        all.map((one) => ({
          replaceOne: {
            filter: { _id: holdId(one) },
            replacement: { _id: holdId(one), ...one },
            upsert: true,
          },
        })),
      )
    },
    principalsOf: async ({ system, canonical }, now) => {
      const rows = await model.find({ system, canonical, until: { $gt: now } }, { principal: 1 }).lean()
      return new Set(rows.map((one) => row.parse(one).principal))
    },
  }
}
