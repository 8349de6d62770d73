import { Schema, type Connection } from 'mongoose'
import type { Document } from 'mongodb'
import { z } from 'zod'
import {
  nothingShown,
  TakenSince,
  unposted,
  type Leased,
  type Shown,
  type Surface,
  type SurfaceKey,
  type SurfaceStore,
} from '../domain/ports/surfaces.ts'
import type { Log } from '../domain/ports/log.ts'
import { collectionOf } from './connection.ts'
import { KnownShown } from './known-shown.ts'
import { FirstReadable } from './first-readable.ts'
import { newMark } from './mark.ts'
import { readEach, readOne } from './readable.ts'
import { makeEach, together, updateAndReadEach } from './together.ts'

/** What is saved within so short a time of each other is written at once: the messages of one change are sent together. */
const savesWaitMs = 20

/** Given back by whoever had it. */
const unleased = new Date(0)

const surface = z.object({
  key: z.string(),
  channel: z.string().nullable(),
  ts: z.string().nullable(),
  shows: z.string().nullable(),
  failure: z.string().nullable(),
  tries: z.number(),
  needsLook: z.boolean(),
  leasedBy: z.string().optional(),
  leaseUntil: z.date(),
})
const stored = z.object({
  _id: z.string(),
  version: z.number(),
  /** The process that saved last, and since which version no other did. */
  savedBy: z.string().nullable(),
  savedSince: z.number(),
  /** When this was read or written, by the database's clock. */
  readAt: z.date().default(new Date(0)),
  surfaces: z.array(surface),
})

/** One document for each request, with all its messages. */
const schema = new Schema(
  { _id: String, version: Number, needsLook: Boolean },
  { collection: 'shown', strict: false, versionKey: false, minimize: false },
)
schema.index({ 'surfaces.ts': 1 })
schema.index({ needsLook: 1 }, { partialFilterExpression: { needsLook: true } })

const pauseSchema = new Schema(
  { _id: String, until: Date, forMs: Number, fullAt: Date, waitMs: Number },
  { collection: 'pauses', versionKey: false },
)
// A turn of an hour ago keeps nobody waiting: every channel that was ever busy would be read each second.
pauseSchema.index({ fullAt: 1 }, { expireAfterSeconds: 3_600 })

export const shownModel = (connection: Connection) => connection.model('Shown', schema)
export const pauseModel = (connection: Connection) => connection.model('Pause', pauseSchema)

export const blankShown = {
  version: 0,
  savedBy: null,
  savedSince: 0,
  needsLook: false,
  surfaces: [],
} as const

type Saved = Partial<Omit<Surface, keyof SurfaceKey>>

export function mongoSurfaces(connection: Connection, log?: Log): SurfaceStore {
  const collection = collectionOf<{ _id: string }>(connection, 'shown')
  const readable = new FirstReadable(collection, (document) => stored.parse(document), {
    what: 'what Slack shows',
    log,
  })
  const pauses = pauseModel(connection)
  const known = new KnownShown()
  const self = newMark()
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })
  const shownOf = (noted: z.infer<typeof stored>): Shown => {
    const { _id: requestId, version, savedBy, savedSince, readAt, surfaces } = noted
    // As leasing counts it: one that is further ahead than any was noted by another clock.
    const isLeased = ({ leaseUntil }: { readonly leaseUntil: Date }): boolean =>
      leaseUntil > readAt && leaseUntil.getTime() <= readAt.getTime() + mostLeaseMs
    return known.learn(requestId, {
      version,
      othersUntil: savedBy === self ? savedSince - 1 : version,
      isBeingSent: surfaces.some(isLeased),
      // Whoever had it last, and did not give it back, died before it could note what stands there.
      surfaces: surfaces.map(({ leasedBy: _by, leaseUntil, ...row }) => ({
        requestId,
        ...row,
        shows: leaseUntil > unleased && !isLeased({ leaseUntil }) ? null : row.shows,
      })),
    })
  }
  const lease = together(async (asked: readonly Leasing[]): Promise<(Leased | Error)[]> => {
    const named = asked.map((one) => ({
      ...one,
      leasedBy: one.again ?? newMark(),
    }))
    return eachOf(named, {
      write: (requests) =>
        makeEach(
          collection,
          requests.map(([_id, all]) => ({
            filter: { _id },
            pipeline: [
              { $replaceWith: { $mergeObjects: [{ $literal: blankShown }, '$$ROOT'] } },
              ...all.flatMap(({ key, forMs, leasedBy, again }) => {
                // Further ahead than any: another primary's clock was, and whoever had it noted it by that.
                const isAhead = { $gt: ['$$one.leaseUntil', inMs(mostLeaseMs)] }
                const isMine = { $eq: ['$$one.leasedBy', { $literal: leasedBy }] }
                const isOver = { $or: [{ $lte: ['$$one.leaseUntil', '$$NOW'] }, isAhead] }
                const isFree = again === undefined ? isOver : isMine
                const isLost = { $and: [{ $gt: ['$$one.leaseUntil', unleased] }, { $not: [isMine] }] }
                const shows = { $cond: [isLost, null, '$$one.shows'] }
                const ours = { leaseUntil: inMs(forMs), leasedBy: { $literal: leasedBy }, shows }
                return [withRow(key), changed(key, { $cond: [isFree, ours, {}] })]
              }),
              { $set: { readAt: '$$NOW' } },
            ],
          })),
        ),
      read: ({ key, leasedBy }, document) => {
        const noted = stored.parse(document)
        const shown = shownOf(noted)
        const isOurs = noted.surfaces.some((one) => one.leasedBy === leasedBy)
        return {
          row: isOurs ? (shown.surfaces.find((one) => one.key === key) ?? null) : null,
          shown,
          leasedBy,
        }
      },
    })
  })
  const save = together(
    (asked: readonly Saving[]): Promise<(Shown | Error)[]> =>
      eachOf(asked, {
        write: (requests) =>
          updateAndReadEach(
            collection,
            requests.map(([_id, all]) => ({
              filter: { _id },
              pipeline: [
                ...all.map(({ key, now, leasedBy }) => {
                  const change = { $literal: { ...now, leaseUntil: unleased } }
                  const isOurs = { $eq: ['$$one.leasedBy', { $literal: leasedBy }] }
                  return changed(key, leasedBy === undefined ? change : { $cond: [isOurs, change, {}] })
                }),
                saved(self),
              ],
            })),
          ),
        read: ({ key, requestId, leasedBy }, document) => {
          const noted = stored.parse(document)
          const shown = shownOf(noted)
          const row = noted.surfaces.find((one) => one.key === key)
          if (row === undefined) return missing(requestId)
          const isTaken = leasedBy !== undefined && row.leasedBy !== leasedBy
          return isTaken ? new TakenSince('another took it since') : shown
        },
      }),
    { waitMs: savesWaitMs },
  )

  return {
    of: async (requestId) => {
      const found = collection.aggregate([{ $match: { _id: requestId } }, { $set: { readAt: '$$NOW' } }])
      const [document] = await found.toArray()
      return document === undefined ? nothingShown : shownOf(stored.parse(document))
    },
    known: (requestId) => known.of(requestId),
    byMessage: async (channel, ts) => {
      const document = await collection.findOne({ surfaces: { $elemMatch: { channel, ts } } })
      // One that is just being saved is known here alone.
      if (document === null) return known.saving(channel, ts)
      const rows = shownOf(stored.parse(document)).surfaces
      return rows.find((row) => row.channel === channel && row.ts === ts) ?? null
    },
    lease: ({ key, requestId }, forMs, again) => lease({ key, requestId, forMs, again }),
    save: ({ key, requestId }, now, leasedBy) => {
      return known.whileSaving({ key, requestId }, now, () => save({ key, requestId, now, leasedBy }))
    },
    needingLook: async (limit, begin) => {
      const one = { needsLook: true, key: { $gte: begin, $lt: `${begin}\uffff` } }
      const wanted = { needsLook: true, surfaces: { $elemMatch: one } }
      const found = await readable.first(wanted, { limit }, (document) => shownOf(stored.parse(document)))
      return found.flatMap(({ surfaces }) =>
        surfaces.filter(({ needsLook, key }) => needsLook && key.startsWith(begin)),
      )
    },
    turn: async (name, { burst, everyMs }) => {
      const isAhead = { $gt: ['$fullAt', inMs(burst * everyMs + mostTurnsMs)] }
      const taken = await pauses
        .findOneAndUpdate(
          { _id: `turn:${name}` },
          [
            { $set: { fullAt: { $cond: [isAhead, '$$NOW', { $max: ['$fullAt', '$$NOW'] }] } } },
            { $set: { fullAt: { $add: ['$fullAt', everyMs] } } },
            { $set: { waitMs: { $max: [0, { $subtract: ['$fullAt', inMs(burst * everyMs)] }] } } },
          ],
          { upsert: true, updatePipeline: true, returnDocument: 'after' },
        )
        .lean()
      return turnRow.parse(taken).waitMs
    },
    pause: async (method, forMs) => {
      await pauses.updateOne({ _id: method }, [{ $set: { until: inMs(forMs), forMs } }], {
        upsert: true,
        updatePipeline: true,
      })
    },
    pauses: async () => {
      const rows = await pauses.aggregate<unknown>([
        { $match: { until: { $type: 'date' }, $expr: { $gt: ['$until', '$$NOW'] } } },
        { $project: { leftMs: { $subtract: ['$until', '$$NOW'] }, forMs: 1 } },
        // Longer than it was asked for: another primary's clock was ahead.
        { $match: { $expr: { $lte: ['$leftMs', { $ifNull: ['$forMs', '$leftMs'] }] } } },
      ])
      const found = readEach(rows, (row) => pauseRow.parse(row), { what: 'a pause', log })
      return new Map(found.map(({ _id, leftMs }) => [_id, leftMs]))
    },
  }
}

function byRequest<T extends SurfaceKey>(asked: readonly T[]): [string, T[]][] {
  const found = new Map<string, T[]>()
  for (const one of asked) found.set(one.requestId, [...(found.get(one.requestId) ?? []), one])
  return [...found]
}

/** Writes once for each request whatever of it is asked, and answers each who asked from the one document. */
async function eachOf<T extends SurfaceKey, Answer>(
  asked: readonly T[],
  {
    write,
    read,
  }: {
    write: (requests: readonly (readonly [string, readonly T[]])[]) => Promise<readonly unknown[]>
    read: (one: T, document: unknown) => Answer | Error
  },
): Promise<(Answer | Error)[]> {
  const requests = byRequest(asked)
  const found = await write(requests)
  const documents = new Map(requests.map(([requestId], i) => [requestId, found[i]]))
  return asked.map((one) => {
    const document = documents.get(one.requestId) ?? missing(one.requestId)
    return readOne(document, () => read(one, document))
  })
}

const withRow = (key: string): Document => {
  const made = { $concatArrays: ['$surfaces', [{ $literal: { key, ...unposted, leaseUntil: unleased } }]] }
  return { $set: { surfaces: { $cond: [{ $in: [{ $literal: key }, '$surfaces.key'] }, '$surfaces', made] } } }
}

/** One of the messages with this merged into it; `$$one` is how it is. */
const changed = (key: string, change: Document): Document => {
  const isIt = { $eq: ['$$one.key', { $literal: key }] }
  const one = { $cond: [isIt, { $mergeObjects: ['$$one', change] }, '$$one'] }
  return { $set: { surfaces: { $map: { input: '$surfaces', as: 'one', in: one } } } }
}

const saved = (by: string): Document => ({
  $set: {
    version: { $add: ['$version', 1] },
    savedBy: by,
    savedSince: { $cond: [{ $eq: ['$savedBy', by] }, '$savedSince', { $add: ['$version', 1] }] },
    needsLook: { $in: [true, '$surfaces.needsLook'] },
    readAt: '$$NOW',
  },
})

const missing = (requestId: string): Error =>
  new Error(`nothing is noted of what Slack shows of ${requestId}`)

interface Leasing extends SurfaceKey {
  readonly forMs: number
  readonly again: string | undefined
}
interface Saving extends SurfaceKey {
  readonly now: Saved
  readonly leasedBy: string | undefined
}

/** Nobody takes a message for longer. */
const mostLeaseMs = 60_000

/** Each replica waits for one turn at a time: what is further ahead was noted by another primary's clock. */
const mostTurnsMs = 60_000

const pauseRow = z.object({ _id: z.string(), leftMs: z.number() })
const turnRow = z.object({ waitMs: z.number() })
