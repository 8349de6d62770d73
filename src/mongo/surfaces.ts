import { MongoServerError } from 'mongodb'
import { Schema, type Connection, type PipelineStage } from 'mongoose'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Surface, SurfaceStore } from '../domain/ports/surfaces.ts'

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
    leasedBy: String,
    needsLook: Boolean,
  },
  { collection: 'surfaces', versionKey: false },
)
schema.index({ requestId: 1 })
schema.index({ channel: 1, ts: 1 })
schema.index({ needsLook: 1 }, { partialFilterExpression: { needsLook: true } })

const unposted = { channel: null, ts: null, shows: null, failure: null, tries: 0, needsLook: false }

const pauseSchema = new Schema({ _id: String, until: Date }, { collection: 'pauses', versionKey: false })

export const surfaceModel = (connection: Connection) => connection.model('Surface', schema)
export const pauseModel = (connection: Connection) => connection.model('Pause', pauseSchema)

export function mongoSurfaces(connection: Connection): SurfaceStore {
  const model = surfaceModel(connection)
  const pauses = pauseModel(connection)
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })
  /** Null where somebody else made it in this very moment: theirs it is. */
  const makeOrFind = async (key: string, pipeline: PipelineStage.ReplaceWith[]) => {
    try {
      return await model
        .findOneAndUpdate({ _id: key }, pipeline, {
          upsert: true,
          returnDocument: 'after',
          updatePipeline: true,
        })
        .lean<Record<string, unknown> | null>()
    } catch (error) {
      if (error instanceof MongoServerError && error.code === 11000) return null
      throw error
    }
  }

  return {
    of: async (requestId) => (await model.find({ requestId }).lean()).map(parse),
    byMessage: async (channel, ts) => {
      const found = await model.findOne({ channel, ts }).lean()
      return found && parse(found)
    },
    lease: async (key, requestId, forMs) => {
      const token = randomBytes(9).toString('base64url')
      const isFree = { $lte: [{ $ifNull: ['$leaseUntil', new Date(0)] }, '$$NOW'] }
      const ours = { leaseUntil: inMs(forMs), leasedBy: token }
      const pipeline = [
        { $replaceWith: { $mergeObjects: [{ $literal: { ...unposted, requestId } }, '$$ROOT'] } },
        { $replaceWith: { $mergeObjects: ['$$ROOT', { $cond: [isFree, ours, {}] }] } },
      ]
      const row = await makeOrFind(key, pipeline)
      return row?.['leasedBy'] === token ? parse(row) : null
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
