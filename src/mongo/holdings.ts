import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { grantIdOf, type Holding } from '../domain/audit/holding.ts'
import type { HoldingStore } from '../domain/ports/audit.ts'
import { isOfGrant, readRecorded } from '../domain/audit/recorded.ts'
import { personRef } from '../domain/person-ref.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { idAndName } from './grant-rows.ts'
import { heldDuring, heldIndex, lastedOf } from './holding-spans.ts'

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
    lasted: Number,
  },
  { collection: 'holdings', versionKey: false },
)
schema.index(heldIndex)
/** Of before: while it is there, holdings are there that are in no class. */
const indexBefore = 'resource.id_1_entitlement.id_1_until_1_from_1'
const adoptedAtOnce = 10_000

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

/** Whoever can write to the database can put anything there: what has no name is left out, and said to differ. */
const names = z.array(z.unknown()).transform((all) => all.filter((one) => typeof one === 'string').sort())

/** One document a grant; what is noted twice is noted once, in whatever order. */
export function mongoHoldings(connection: Connection): HoldingStore {
  const holdings = collectionOf<{ _id: string }>(connection, 'holdings')
  return {
    note: async (news) => {
      if (news.length === 0) return
      aboutToWrite()
      const operations = news.map((one) => {
        if (one.what === 'until')
          return {
            filter: { _id: one.grantId },
            update: [{ $set: { until: one.until } }, { $set: { lasted: lastedOf } }],
          }
        const { grantId, ...holding } = one.holding
        return {
          filter: { _id: grantId },
          update: [
            { $set: { ...literally(holding), until: { $ifNull: ['$until', null] } } },
            { $set: { lasted: lastedOf } },
          ],
        }
      })
      await holdings.bulkWrite(
        operations.map(({ filter, update }) => ({ updateOne: { filter, update, upsert: true } })),
        { ordered: false },
      )
    },
    forget: async (links) => {
      // What was given before it was taken went before it.
      const over = links.flatMap((link) => {
        const entry = readRecorded(link)
        return entry !== null && isOfGrant(entry) && entry.happened.type === 'taken' ? [entry.grantId] : []
      })
      if (over.length === 0) return
      aboutToWrite()
      await holdings.deleteMany({ _id: { $in: over } })
    },
    adopt: async (after) => {
      const indexes = await holdings.indexes().catch(noneYet)
      if (!indexes.some(({ name }) => name === indexBefore)) return null
      const page = await holdings
        .find({ _id: { $gt: after } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(adoptedAtOnce)
        .toArray()
      const last = page.at(-1)?._id ?? null
      aboutToWrite()
      // Last of all: whoever dies before begins anew, and does what is left.
      if (last === null) await holdings.dropIndex(indexBefore).catch(noneYet)
      else
        await holdings.updateMany({ _id: { $gt: after, $lte: last }, lasted: { $exists: false } }, [
          { $set: { lasted: lastedOf } },
        ])
      return last
    },
    at: async (what, instant) => {
      const found = await holdings
        .find(heldDuring(what, instant, instant))
        .sort({ from: 1 })
        .toArray()
      return found.map((one) => stored.parse(one))
    },
    differing: async (news) => {
      const found = await holdings.find({ _id: { $in: news.map(grantIdOf) } }).toArray()
      const known = new Map(found.map((doc) => [doc._id, stored.safeParse(doc).data]))
      return news.flatMap((one) => {
        const span = known.get(grantIdOf(one))
        const [said, says] = one.what === 'from' ? [one.holding.from, span?.from] : [one.until, span?.until]
        return said.getTime() === says?.getTime() ? [] : [grantIdOf(one)]
      })
    },
    what: async () => {
      // Each by the index alone, however much of it was held how often.
      const resources = names.parse(await holdings.distinct('resource.id'))
      const found = await Promise.all(
        resources.map(async (resource) => {
          const entitlements = names.parse(
            await holdings.distinct('entitlement.id', { 'resource.id': resource }),
          )
          return entitlements.map((entitlement) => ({ resource, entitlement }))
        }),
      )
      return found.flat()
    },
    during: async function* (what, { first, last }, atOnce) {
      const cursor = holdings.find(heldDuring(what, first, last)).batchSize(atOnce)
      let page: Holding[] = []
      for await (const one of cursor) {
        const read = stored.safeParse(one)
        // What cannot be read is told of by `differing`, and hides no other.
        if (read.success) page.push(read.data)
        if (page.length < atOnce) continue
        yield page
        page = []
      }
      if (page.length > 0) yield page
    },
  }
}

/** Neither collection nor index: nothing is to be done. */
function noneYet(error: unknown): [] {
  if (error instanceof MongoServerError && (error.code === 26 || error.code === 27)) return []
  throw error
}

/** Words that people chose are never read as an expression. */
const literally = (values: object): Record<string, { $literal: unknown }> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [name, { $literal: value }]),
  )
