import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Holding } from '../domain/audit/holding.ts'
import type { HoldingStore } from '../domain/ports/audit.ts'
import { personRef } from '../domain/person-ref.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { idAndName } from './grant-rows.ts'

const schema = new Schema(
  {
    _id: String,
    resource: Schema.Types.Mixed,
    entitlement: Schema.Types.Mixed,
    system: String,
    principal: String,
    subject: Schema.Types.Mixed,
    from: Date,
    until: Date,
  },
  { collection: 'holdings', versionKey: false },
)
schema.index({ 'resource.id': 1, 'entitlement.id': 1, until: 1, from: 1 })

export const holdingModel = (connection: Connection) => connection.model('Holding', schema)

const stored = z
  .object({
    _id: z.string(),
    resource: idAndName,
    entitlement: idAndName,
    system: z.string(),
    principal: z.string().nullable(),
    subject: personRef,
    from: z.date(),
    until: z.date().nullable(),
  })
  .transform(({ _id: grantId, ...holding }): Holding => ({ grantId, ...holding }))

/** One document a grant; what is noted twice is noted once, in whatever order. */
export function mongoHoldings(connection: Connection): HoldingStore {
  const holdings = collectionOf<{ _id: string }>(connection, 'holdings')
  return {
    note: async (news) => {
      if (news.length === 0) return
      aboutToWrite()
      const operations = news.map((one) => {
        if (one.what === 'until')
          return { filter: { _id: one.grantId }, update: { $set: { until: one.until } } }
        const { grantId, ...holding } = one.holding
        return {
          filter: { _id: grantId },
          update: [{ $set: { ...literally(holding), until: { $ifNull: ['$until', null] } } }],
        }
      })
      await holdings.bulkWrite(
        operations.map(({ filter, update }) => ({ updateOne: { filter, update, upsert: true } })),
        { ordered: false },
      )
    },
    at: async ({ resource, entitlement }, instant) => {
      const found = await holdings
        .find({
          'resource.id': resource,
          'entitlement.id': entitlement,
          from: { $lte: instant },
          $or: [{ until: null }, { until: { $gt: instant } }],
        })
        .sort({ from: 1 })
        .toArray()
      return found.map((one) => stored.parse(one))
    },
  }
}

/** Words that people chose are never read as an expression. */
const literally = (values: object): Record<string, { $literal: unknown }> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [name, { $literal: value }]),
  )
