import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { grantIdOf, type Holding, type HoldingNews } from '../domain/audit/holding.ts'
import type { HoldingStore, HoldingsFound } from '../domain/ports/audit.ts'
import { isOfGrant, readRecorded } from '../domain/audit/recorded.ts'
import { personRef } from '../domain/person-ref.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { idAndName } from './grant-rows.ts'
import { heldDuring, heldIndex, isFoundAs, lastedOf } from './holding-spans.ts'

const schema = new Schema(
  {
    _id: String,
    resource: Schema.Types.Mixed,
    entitlement: Schema.Types.Mixed,
    system: String,
    principal: String,
    subject: Schema.Types.Mixed,
    from: Date,
    /** When it was given the last time; `from` where it was given once, and of an older version. */
    lastFrom: Date,
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

const inItsClass = stored.and(z.object({ lasted: z.unknown(), lastFrom: z.date().optional() }))

/** Something was taken back that nobody knows to have been given: it is found for nobody. */
const neverGiven = z.strictObject({ _id: z.string(), until: z.date(), lasted: z.null() })

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
            update: [{ $set: { until: endOf(one) } }, { $set: { lasted: lastedOf } }],
          }
        const { grantId, ...holding } = one.holding
        return {
          filter: { _id: grantId },
          update: [
            {
              $set: {
                ...literally(holding),
                from: firstFrom(holding.from),
                lastFrom: { $max: ['$lastFrom', '$from', holding.from] },
                until: {
                  $cond: [isGivenBefore(holding.from), { $literal: null }, { $ifNull: ['$until', null] }],
                },
              },
            },
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
        if (entry === null || !isOfGrant(entry) || entry.happened.type !== 'taken') return []
        // Given once more since: it is held still, or was until later.
        return [{ deleteOne: { filter: { _id: entry.grantId, until: { $lte: entry.happened.at } } } }]
      })
      if (over.length === 0) return
      aboutToWrite()
      await holdings.bulkWrite(over, { ordered: false })
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
      return foundIn(found)
    },
    differing: async (news) => {
      const found = await holdings.find({ _id: { $in: news.map(grantIdOf) } }).toArray()
      const known = new Map(found.map((doc) => [doc._id, doc]))
      const unlike = news.filter((one) => !isAsNoted(one, known.get(grantIdOf(one))))
      const isEndAlone = (one: HoldingNews) =>
        one.what === 'until' &&
        neverGiven.safeParse(known.get(one.grantId)).data?.until.getTime() === one.until.getTime()
      return {
        otherwise: unlike.filter((one) => !isEndAlone(one)).map(grantIdOf),
        endAlone: unlike.filter(isEndAlone).map(grantIdOf),
      }
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
      let page: unknown[] = []
      for await (const one of cursor) {
        page.push(one)
        if (page.length < atOnce) continue
        yield foundIn(page)
        page = []
      }
      if (page.length > 0) yield foundIn(page)
    },
  }
}

/** What cannot be read is counted, and hides no other. */
function foundIn(documents: readonly unknown[]): HoldingsFound {
  const those = documents.flatMap((one) => stored.safeParse(one).data ?? [])
  return { those, unreadable: documents.length - those.length }
}

/** It stands there as it was noted, and where it is looked for. */
function isAsNoted(one: HoldingNews, doc: unknown): boolean {
  const read = inItsClass.safeParse(doc).data
  if (read === undefined || !isFoundAs(read.lasted, read)) return false
  if (one.what === 'until') {
    if (read.until?.getTime() === one.until.getTime()) return true
    // Given once more since: then it is over later, or not yet, and never before.
    const isAgain = (read.lastFrom ?? read.from) > one.until
    return isAgain && (read.until === null || read.until > one.until)
  }
  const { from, resource, entitlement } = one.holding
  return read.from <= from && read.resource.id === resource.id && read.entitlement.id === entitlement.id
}

/** Neither collection nor index: nothing is to be done. */
function noneYet(error: unknown): [] {
  if (error instanceof MongoServerError && (error.code === 26 || error.code === 27)) return []
  throw error
}

/** Given once more, where grants were restored to a state of before that: it was held since the first time. */
const firstFrom = (from: Date) => ({
  $cond: [{ $eq: [{ $type: '$from' }, 'date'] }, { $min: ['$from', from] }, from],
})

/** Grants were restored meanwhile, and it was given once more after the time that is told of: a second is no such while. */
const sameTimeMs = 1_000

/** It is over, unless it was given once more since what was taken had been. */
const endOf = ({ until, from }: Extract<HoldingNews, { what: 'until' }>) =>
  from === null
    ? until
    : {
        $cond: [
          { $gt: [{ $ifNull: ['$lastFrom', '$from'] }, new Date(from.getTime() + sameTimeMs)] },
          { $ifNull: ['$until', null] },
          until,
        ],
      }

/** What is known of it ended before it was given then. */
const isGivenBefore = (from: Date) => ({
  $and: [
    { $eq: [{ $type: '$from' }, 'date'] },
    { $lt: [{ $ifNull: ['$lastFrom', '$from'] }, new Date(from.getTime() - sameTimeMs)] },
  ],
})

/** Words that people chose are never read as an expression. */
const literally = (values: object): Record<string, { $literal: unknown }> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [name, { $literal: value }]),
  )
