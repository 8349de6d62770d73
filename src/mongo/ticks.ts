import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { TickStore } from '../domain/ports/ticks.ts'

const schema = new Schema({ _id: String, at: Date }, { collection: 'ticks', versionKey: false })

export const tickModel = (connection: Connection) => connection.model('Tick', schema)

/** Stamped and compared by the database's clock alone (`$$NOW`): what a replica's own clock says counts for nothing. */
export function mongoTicks(connection: Connection): TickStore {
  const model = tickModel(connection)
  return {
    note: async (job) => {
      await model.updateOne({ _id: job }, [{ $set: { at: '$$NOW' } }], { upsert: true, updatePipeline: true })
    },
    agesMs: async () => {
      const rows = await model.aggregate<unknown>([{ $project: { ageMs: { $subtract: ['$$NOW', '$at'] } } }])
      const ages = new Map(rows.map((row) => tickRow.parse(row)).map(({ _id, ageMs }) => [_id, ageMs]))
      return (job) => {
        const ageMs = ages.get(job) ?? Infinity
        return ageMs < 0 ? Infinity : ageMs
      }
    },
  }
}

const tickRow = z.object({ _id: z.string(), ageMs: z.number() })
