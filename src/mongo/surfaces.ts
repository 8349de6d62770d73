import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Surface, SurfaceStore } from '../domain/ports.ts'

const stored = z.object({
  _id: z.string(),
  requestId: z.string(),
  channel: z.string().nullable(),
  ts: z.string().nullable(),
  shows: z.string().nullable(),
  failure: z.string().nullable(),
  tries: z.number(),
  needsLook: z.boolean(),
})

const schema = new Schema(
  {
    _id: String,
    requestId: String,
    channel: String,
    ts: String,
    shows: String,
    failure: String,
    tries: Number,
    leaseUntil: Date,
    needsLook: Boolean,
  },
  { collection: 'surfaces', versionKey: false },
)
schema.index({ requestId: 1 })
schema.index({ channel: 1, ts: 1 })
schema.index({ needsLook: 1 }, { partialFilterExpression: { needsLook: true } })

const pauseSchema = new Schema({ _id: String, until: Date }, { collection: 'pauses', versionKey: false })

export const surfaceModel = (connection: Connection) => connection.model('Surface', schema)
export const pauseModel = (connection: Connection) => connection.model('Pause', pauseSchema)

export function mongoSurfaces(connection: Connection): SurfaceStore {
  const model = surfaceModel(connection)
  const pauses = pauseModel(connection)
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })

  return {
    of: async (requestId) => (await model.find({ requestId }).lean()).map(parse),
    byMessage: async (channel, ts) => {
      const found = await model.findOne({ channel, ts }).lean()
      return found && parse(found)
    },
    lease: async (key, requestId, forMs) => {
      const fresh = {
        requestId,
        channel: null,
        ts: null,
        shows: null,
        failure: null,
        tries: 0,
        needsLook: false,
      }
      await model.updateOne(
        { _id: key },
        { $setOnInsert: { ...fresh, leaseUntil: new Date(0) } },
        { upsert: true },
      )
      const leased = await model
        .findOneAndUpdate(
          { _id: key, $expr: { $lte: ['$leaseUntil', '$$NOW'] } },
          [{ $set: { leaseUntil: inMs(forMs) } }],
          { returnDocument: 'after', updatePipeline: true },
        )
        .lean()
      return leased && parse(leased)
    },
    save: async (key, shown) => {
      await model.updateOne({ _id: key }, { $set: { ...shown, leaseUntil: new Date(0) } })
    },
    needingLook: async (limit) => (await model.find({ needsLook: true }).limit(limit).lean()).map(parse),
    pause: async (method, forMs) => {
      await pauses.updateOne({ _id: method }, [{ $set: { until: inMs(forMs) } }], {
        upsert: true,
        updatePipeline: true,
      })
    },
    pauses: async () => {
      const rows = await pauses.aggregate<unknown>([
        { $match: { $expr: { $gt: ['$until', '$$NOW'] } } },
        { $project: { leftMs: { $subtract: ['$until', '$$NOW'] } } },
      ])
      return new Map(rows.map((row) => pauseRow.parse(row)).map(({ _id, leftMs }) => [_id, leftMs]))
    },
  }
}

const pauseRow = z.object({ _id: z.string(), leftMs: z.number() })

function parse(doc: unknown): Surface {
  const { _id: key, ...surface } = stored.parse(doc)
  return { key, ...surface }
}
