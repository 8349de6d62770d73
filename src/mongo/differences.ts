import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Difference, DifferenceStore } from '../domain/ports/differences.ts'
import type { Log } from '../domain/ports/log.ts'
import { readEach } from './readable.ts'

const named = z.object({ id: z.string(), name: z.string() })
const tally = z.object({ count: z.number(), first: z.array(z.string()) })
const stored = z.object({
  resource: named,
  channel: z.string(),
  mark: z.string(),
  foundAt: z.date(),
  places: z.array(
    z.object({
      system: z.string(),
      canonical: z.string(),
      target: z.record(z.string(), z.unknown()),
      where: z.string().nullable().default(null),
      entitlement: named,
      unexplained: tally,
      missing: tally,
    }),
  ),
})

const schema = new Schema(
  { _id: String },
  { collection: 'differences', strict: false, versionKey: false, minimize: false },
)

export const differenceModel = (connection: Connection) => connection.model('Difference', schema)

export function mongoDifferences(connection: Connection, log?: Log): DifferenceStore {
  const model = differenceModel(connection)
  const parse = (row: unknown): Difference => stored.parse(row)
  return {
    all: async () => readEach(await model.find().lean<unknown[]>(), parse, { what: 'difference', log }),
    of: async (resourceId) => {
      const row = await model.findById(resourceId).lean<unknown>()
      return row === null ? null : parse(row)
    },
    note: async (found) => {
      await model.replaceOne(
        { _id: found.resource.id },
        { _id: found.resource.id, ...found },
        { upsert: true },
      )
    },
    forget: async (resourceId) => {
      await model.deleteOne({ _id: resourceId })
    },
  }
}
