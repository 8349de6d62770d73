import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Log } from '../domain/ports/log.ts'
import type { LossStore, MassLoss } from '../domain/ports/losses.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { readEach } from './readable.ts'

const named = z.object({ id: z.string(), name: z.string() })
const stored = z.object({
  resource: named,
  entitlement: named,
  channel: z.string(),
  mark: z.string(),
  count: z.number(),
  confirmed: z.string().nullable().default(null),
})

const parseLoss = (row: unknown) => {
  const { confirmed, ...loss } = stored.parse(row)
  return { ...loss, isConfirmed: confirmed === loss.mark }
}

const schema = new Schema(
  { _id: String, mark: String, confirmed: String, notedAt: Date },
  { collection: 'losses', strict: false, versionKey: false, minimize: false },
)

export const lossModel = (connection: Connection) => connection.model('Loss', schema)

const idOf = (resource: string, entitlement: string): string => JSON.stringify([resource, entitlement])
const idOfLoss = ({ resource, entitlement }: MassLoss): string => idOf(resource.id, entitlement.id)

export function mongoLosses(connection: Connection, log?: Log): LossStore {
  const model = lossModel(connection)
  return {
    all: async () => readEach(await model.find().lean<unknown[]>(), parseLoss, { what: 'loss', log }),
    waits: async (mark) => (await model.exists({ mark })) !== null,
    note: async (found) => {
      const { resource, entitlement, channel, mark, count } = found
      const said = { $literal: { resource, entitlement, channel, mark, count } }
      const row = await model
        .findOneAndUpdate(
          { _id: idOfLoss(found) },
          [
            // A yes is for those it was said of: once others are asked about, it counts no more.
            { $set: { confirmed: { $cond: [{ $eq: ['$confirmed', mark] }, mark, null] } } },
            { $replaceWith: { $mergeObjects: ['$$ROOT', said, { notedAt: '$$NOW' }] } },
          ],
          { upsert: true, returnDocument: 'after', updatePipeline: true },
        )
        .lean<unknown>()
      return parseLoss(row).isConfirmed
    },
    confirm: async ({ resource, entitlement, mark }) => {
      aboutToWrite()
      const filter = { _id: idOf(resource, entitlement), mark }
      return (await model.updateOne(filter, { $set: { confirmed: mark } })).matchedCount === 1
    },
    taken: async (loss) => {
      await model.deleteOne({ _id: idOfLoss(loss), mark: loss.mark, confirmed: loss.mark })
    },
    forgetBut: async (found, quietMs) => {
      const isOld = { $lte: ['$notedAt', { $subtract: ['$$NOW', quietMs] }] }
      await model.deleteMany({ _id: { $nin: found.map(idOfLoss) }, $expr: isOld })
    },
  }
}
