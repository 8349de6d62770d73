import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { namedByGrant } from '../domain/audit/named-in.ts'
import { recordableOf } from '../domain/audit/recorded.ts'
import { holdingNewsOf } from '../domain/audit/holding.ts'
import { isLink, noLink, type Link, type Unreadable } from '../domain/audit/chain.ts'
import { happened } from '../domain/happened.ts'
import { personRef } from '../domain/person-ref.ts'
import type { Log } from '../domain/ports/log.ts'
import type { ChainStore, ToRecord, Waiting, WithBefore } from '../domain/ports/audit.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { idAndName } from './grant-rows.ts'
import { readEach } from './readable.ts'

const schema = new Schema(
  { _id: Number, source: String, at: Date, text: String, keyId: String, mark: String },
  { collection: 'chain', versionKey: false },
)
// What somebody put beside the record, among numbers that are none, keeps nothing out of it.
schema.index(
  { source: 1 },
  { unique: true, partialFilterExpression: { _id: { $gt: 0 } }, name: 'one_of_a_source' },
)
// What happened since an instant is found without reading what stands before it.
schema.index({ at: 1, _id: 1 })

export const chainModel = (connection: Connection) => connection.model('ChainLink', schema)

const stored = z
  .object({
    _id: z.int(),
    source: z.string(),
    at: z.date(),
    text: z.string(),
    keyId: z.string(),
    mark: z.string(),
  })
  .transform(({ _id: number, ...link }): Link => ({ number, ...link }))

/** Whoever can write to the database can put anything there: the next number must be one that can be counted on. */
const chainEnd = z
  .object({ _id: z.int().positive(), mark: z.string() })
  .transform(({ _id: number, mark }) => ({ number, mark }))

const baseMark = z.object({ number: z.int(), mark: z.string() })
const firstNumber = z.object({ first: z.number() })

function linkOf(doc: { readonly _id: number }): Link | Unreadable {
  const read = stored.safeParse(doc)
  return read.success ? read.data : { number: doc._id, source: null }
}

/** As many ranges of an index as one question names; several are asked at once. */
const grantsAtOnce = 100

export function mongoChain(connection: Connection): ChainStore {
  const links = collectionOf<{ _id: number; source: string; text: string; mark: string }>(connection, 'chain')
  const bases = collectionOf<{ _id: string; number: number }>(connection, 'chain_base')
  const withBefore = async (found: readonly { _id: number }[]): Promise<WithBefore[]> => {
    const those = found.map(linkOf).sort((one, other) => one.number - other.number)
    const known = new Map(those.flatMap((link) => (isLink(link) ? [[link.number, link.mark] as const] : [])))
    const wanted = those.map(({ number }) => number - 1).filter((number) => !known.has(number))
    const before = await links.find({ _id: { $in: wanted } }, { projection: { mark: 1 } }).toArray()
    for (const { _id, mark } of before) if (typeof mark === 'string') known.set(_id, mark)
    const first = baseMark.safeParse(await bases.findOne({ _id: 'base' })).data
    if (first !== undefined) known.set(first.number, first.mark)
    return those.map((link) => ({ link, before: known.get(link.number - 1) ?? '' }))
  }
  return {
    end: async () => {
      const last = await links.findOne({ _id: { $gte: 0 } }, { sort: { _id: -1 }, projection: { mark: 1 } })
      if (last !== null) return chainEnd.parse(last)
      // All was removed by somebody: it is not begun anew, among the numbers of what was.
      const base = await bases.findOne({ _id: 'base' })
      return base === null ? noLink : baseMark.parse(base)
    },
    known: async (sources) => {
      const found = await links
        .find(
          { source: { $in: [...sources] }, _id: { $gt: 0 } },
          { projection: { _id: 0, source: 1, text: 1 } },
        )
        .toArray()
      return new Map(found.map(({ source, text }) => [source, text]))
    },
    append: async (all) => {
      aboutToWrite()
      try {
        await links.insertMany(
          all.map(({ number: _id, ...link }) => ({ _id, ...link })),
          { ordered: true },
        )
        return true
      } catch (error) {
        if (error instanceof MongoServerError && error.code === 11000) return false
        throw error
      }
    },
    after: async (number, most) => {
      const found = await links
        .find({ _id: { $gt: number } })
        .sort({ _id: 1 })
        .limit(most)
        .toArray()
      return found.map(linkOf)
    },
    beside: async (most) => {
      const found = await links
        .find({ _id: { $not: { $gt: 0 } } }, { projection: { _id: 1 } })
        .limit(most)
        .toArray()
      return found.map(({ _id }) => String(_id))
    },
    oldestAt: async () => {
      const first = await links.findOne({ _id: { $gte: 0 } }, { sort: { _id: 1 }, projection: { at: 1 } })
      return z.object({ at: z.date() }).safeParse(first).data?.at ?? null
    },
    base: async () => {
      const { _id, ...base } = (await bases.findOne({ _id: 'base' })) ?? { _id: null }
      return _id === null ? null : base
    },
    beginAfter: async (base) => {
      aboutToWrite()
      try {
        const filter = { _id: 'base', number: { $lt: base.number } }
        const { matchedCount, upsertedCount } = await bases.updateOne(
          filter,
          { $set: base },
          { upsert: true },
        )
        return matchedCount + upsertedCount > 0
      } catch (error) {
        // There is one, and it is no earlier.
        if (error instanceof MongoServerError && error.code === 11000) return false
        throw error
      }
    },
    removeUpTo: async (number) => {
      aboutToWrite()
      // What somebody put beside the record is evidence, and stays.
      return (await links.deleteMany({ _id: { $gt: 0, $lte: number } })).deletedCount
    },
    firstSince: async (instant) => {
      // Of the keys of that index alone: as many are read as entries are exported then, and no document.
      const [found] = await links
        .aggregate([
          { $match: { at: { $gte: instant }, _id: { $gt: 0 } } },
          { $group: { _id: null, first: { $min: '$_id' } } },
        ])
        .toArray()
      return found === undefined ? null : firstNumber.parse(found).first
    },
    ofGrants: async (grantIds) => {
      const chunks = Array.from({ length: Math.ceil(grantIds.length / grantsAtOnce) }, (_, i) =>
        grantIds.slice(i * grantsAtOnce, (i + 1) * grantsAtOnce),
      )
      const found = await Promise.all(
        chunks.map(async (ids) => {
          const $or = ids.map((id) => ({
            source: { $gte: `grant/${id}/`, $lt: `grant/${id}0` },
            _id: { $gt: 0 },
          }))
          return withBefore(await links.find({ $or }).toArray())
        }),
      )
      return found.flat().sort((one, other) => one.link.number - other.link.number)
    },
    numbered: async (numbers) => withBefore(await links.find({ _id: { $in: [...numbers] } }).toArray()),
  }
}

/** What is read of a grant whose history grew. */
const row = z.object({
  _id: z.string(),
  revision: z.number(),
  recorded: z.number(),
  history: z.array(z.unknown()),
  requestId: z.string(),
  resource: idAndName,
  entitlement: idAndName,
  system: z.string(),
  canonical: z.string(),
  principal: z.string().nullish(),
  place: z.object({ principal: z.string() }).nullish(),
  subject: personRef,
  requester: personRef,
  reason: z.string(),
  endsAt: z.date().nullish(),
  activeAt: z.date().nullish(),
})

const recordedYet = { $ifNull: ['$recorded', 0] }
/** However long a history is, five hundred of them fit into memory. */
const mostOfOne = 100
const grewSince = (revision: number) => ({ $ne: ['$revision', revision] })
const isMore = (upTo: number) => ({ $lt: [upTo, { $size: '$history' }] })
const projection = {
  revision: 1,
  requestId: 1,
  resource: 1,
  entitlement: 1,
  system: 1,
  canonical: 1,
  principal: 1,
  'place.principal': 1,
  subject: 1,
  requester: 1,
  reason: 1,
  endsAt: 1,
  activeAt: 1,
  recorded: recordedYet,
  // What is recorded already is not read again, however long a history is.
  history: { $slice: ['$history', recordedYet, mostOfOne] },
}

/** Of which of these grants something happened that is not in the record, or not in all that is drawn from it. */
export const mongoUnrecorded =
  (connection: Connection) =>
  async (grantIds: readonly string[]): Promise<ReadonlySet<string>> => {
    const grants = collectionOf<{ _id: string }>(connection, 'grants')
    const found = await grants
      .find({ _id: { $in: [...grantIds] }, unrecorded: true }, { projection: { _id: 1 } })
      .toArray()
    return new Set(found.map(({ _id }) => _id))
  }

/** Histories of grants: each write that made one grow left word of it in the same document. */
export function mongoHistories(connection: Connection, log: Log): ToRecord {
  const grants = collectionOf<{ _id: string }>(connection, 'grants')
  const recorded = async (those: readonly Grown[]): Promise<void> => {
    if (those.length === 0) return
    aboutToWrite()
    await grants.bulkWrite(
      those.map(({ id, revision, upTo }) => ({
        updateOne: {
          filter: { _id: id },
          update: [{ $set: { recorded: upTo, unrecorded: { $or: [grewSince(revision), isMore(upTo)] } } }],
        },
      })),
      { ordered: false },
    )
  }
  return {
    adopt: async () => {
      aboutToWrite()
      await grants.updateMany({ unrecorded: { $exists: false } }, { $set: { unrecorded: true } })
    },
    waiting: async (after, most) => {
      const found = await grants
        .find({ unrecorded: true, ...(after === null ? {} : { _id: { $gt: after } }) }, { projection })
        .sort({ _id: 1 })
        .limit(most)
        .toArray()
      const those = readEach(found, (doc) => grownOf(row.parse(doc)), { what: 'history', log })
      return {
        those,
        hasMore: those.some((one) => one.isCut),
        last: found.length < most ? null : (found.at(-1)?._id ?? null),
        recorded: () => recorded(those),
      }
    },
  }
}

/** A grant whose history grew, up to what is recorded with this. */
interface Grown extends Waiting {
  readonly id: string
  readonly revision: number
  readonly upTo: number
  /** More happened to it than is told at once. */
  readonly isCut: boolean
}

function grownOf({
  _id: id,
  revision,
  recorded,
  history,
  place,
  principal,
  endsAt,
  activeAt,
  ...rest
}: z.infer<typeof row>): Grown {
  const facts = { ...rest, id, principal: place?.principal ?? principal ?? null, endsAt: endsAt ?? null }
  const read = history.map((entry) => happened.parse(entry))
  return {
    id,
    revision,
    upTo: recorded + history.length,
    isCut: history.length === mostOfOne,
    entries: read.map((entry, i) => ({
      ...recordableOf(facts, recorded + i, entry),
      names: namedByGrant(facts, entry),
    })),
    holdings: holdingNewsOf(facts, read, activeAt ?? null),
  }
}
