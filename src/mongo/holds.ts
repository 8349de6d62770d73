import { Schema, type Connection } from 'mongoose'
import type { Filter } from 'mongodb'
import { z } from 'zod'
import { lefts } from '../domain/end-causes.ts'
import { announcedTake, blankHold, holdId, type Hold, type HoldKey } from '../domain/hold.ts'
import type { HoldStore, HoldWrite } from '../domain/ports/holds.ts'
import type { Log } from '../domain/ports/log.ts'
import { UnknownRecord } from '../domain/unknown-record.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { FirstReadable } from './first-readable.ts'
import { newMark } from './mark.ts'
import { readEach, readOne } from './readable.ts'
import { makeEach, together, updateAndReadEach, updateEach, type ConditionalUpdate } from './together.ts'

const stored = z.object({
  system: z.string(),
  principal: z.string(),
  canonical: z.string(),
  target: z.record(z.string(), z.unknown()),
  where: z.string().nullable(),
  token: z.number(),
  leaseUntil: z.date(),
  readAt: z.date(),
  claims: z.record(z.string(), z.date()),
  heldBefore: z.boolean(),
  call: z.enum(['give', 'take']).nullable(),
  intent: z.object({ number: z.number(), of: z.string(), isKnown: z.boolean() }),
  watch: z.object({ gave: z.boolean(), until: z.date() }).nullable(),
  lastLeft: z
    .object({
      grantId: z.string(),
      left: z.enum(lefts),
      keptUntil: z.date().nullable(),
    })
    .nullable(),
  leftover: z
    .object({ since: z.date(), dueAt: z.date(), tries: z.number(), error: z.string().nullable() })
    .nullable()
    .default(null),
  dueAt: z.date().nullable(),
})

const mostLeftovers = 200

const storedPlaces = z.array(
  z.object({ _id: z.string(), places: z.array(z.string().nullable().catch(null)) }),
)

const schema = new Schema<{ _id: string; token: number; leaseUntil: Date; dueAt: Date | null }>(
  { _id: String, token: Number, leaseUntil: Date, dueAt: Date },
  { collection: 'holds', strict: false, versionKey: false, minimize: false },
)
schema.index({ system: 1, canonical: 1 })
schema.index(
  { 'leftover.dueAt': 1 },
  { partialFilterExpression: { 'leftover.dueAt': { $type: 'date' } }, name: 'leftovers' },
)
schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } }, name: 'due' })

export const holdModel = (connection: Connection) => connection.model('Hold', schema)

/** Leases and their ends are timed by the database alone (`$$NOW`): no replica's clock is asked. */
export function mongoHolds(connection: Connection, log?: Log): HoldStore {
  const collection = collectionOf<{ _id: string }>(connection, 'holds')
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })
  const idOf = (key: HoldKey) => ({ _id: holdId(key) })

  const readable = new FirstReadable(collection, parse, { what: 'hold', log })
  const first = (limit: number, filter: Filter<{ _id: string }>): Promise<Hold[]> =>
    readable.first(filter, { limit }, parse)

  const lease = together(async (asked: readonly Asked[]): Promise<(Leased | Error)[]> => {
    const named = asked.map((one) => ({ ...one, leasedBy: newMark() }))
    const found = await makeEach(
      collection,
      named.map(({ key, forMs, leasedBy }) => {
        const { system, principal, canonical, target } = key
        const isFree = { $lte: ['$leaseUntil', '$$NOW'] }
        const ours = {
          token: { $add: ['$token', 1] },
          leaseUntil: inMs(forMs),
          readAt: '$$NOW',
          leasedBy: { $literal: leasedBy },
        }
        const blank = { $literal: { ...blankHold, system, principal, canonical, target } }
        return {
          filter: idOf(key),
          pipeline: [
            { $replaceWith: { $mergeObjects: [blank, '$$ROOT'] } },
            { $replaceWith: { $mergeObjects: ['$$ROOT', { $cond: [isFree, ours, {}] }] } },
          ],
        }
      }),
    )
    return named.map(({ leasedBy }, i) => {
      const document = found[i]
      if (document instanceof Error || document === undefined) return document ?? missing()
      return readOne<Leased>(document, () => {
        const hold = parse(document)
        // Its name and not only its token: after a pause somebody else's may be read here.
        return document['leasedBy'] === leasedBy
          ? { taken: true, hold }
          : { taken: false, until: hold.leaseUntil }
      })
    })
  })
  /** A loader for each length of a lease: there are as many as the catalog's systems have timeouts. */
  const loaders = new Map<number, ReturnType<typeof leasesToTake>>()
  const leasesToTake = (forMs: number) =>
    together(async (asked: readonly Taking[]): Promise<(Hold | null)[]> => {
      const ids = asked.map(({ key }) => holdId(key))
      const inThese = { $match: { _id: { $in: ids } } }
      const found = await collection.aggregate([inThese, { $set: { readAt: '$$NOW' } }]).toArray()
      const known = new Map(
        found.map((document) => [document['_id'], readOne(document, () => parse(document))]),
      )
      const ready = asked.map((one, i) => {
        const hold = known.get(ids[i])
        // Of two that ask for one, one has it.
        if (hold === undefined || hold instanceof Error || ids.indexOf(ids[i] ?? '') < i) return null
        const next = announcedTake(hold, one)
        return next && { seen: hold, next }
      })
      const leased = await leaseThese(
        ready.filter((one) => one !== null),
        forMs,
      )
      return ready.map((one) => (one !== null && leased.has(holdId(one.next)) ? one.next : null))
    })
  /** Of what was read, those that still are so: whoever had it before may write to it under its token though that lease is over. */
  const leaseThese = async (ready: readonly Ready[], forMs: number): Promise<ReadonlySet<unknown>> => {
    if (ready.length === 0) return new Set()
    const leasedBy = newMark()
    const ids = ready.map(({ seen }) => holdId(seen))
    const were = ready.map(({ seen }, i) => {
      const { token, where, claims, call, intent, lastLeft } = seen
      return { id: ids[i], token, where, claims, call, intent, lastLeft }
    })
    const isFree = { $lte: ['$leaseUntil', '$$NOW'] }
    const now = {
      id: '$_id',
      token: '$token',
      where: '$where',
      claims: '$claims',
      call: '$call',
      intent: '$intent',
      lastLeft: '$lastLeft',
    }
    const areSo = { $in: [now, { $literal: were }] }
    const claimant = { $let: { vars: { only: { $first: { $objectToArray: '$claims' } } }, in: '$$only.k' } }
    const set = {
      token: { $add: ['$token', 1] },
      leaseUntil: inMs(forMs),
      readAt: '$$NOW',
      leasedBy: { $literal: leasedBy },
      call: 'take',
      intent: {
        number: { $add: ['$intent.number', 1] },
        of: { $concat: ['take:', claimant] },
        isKnown: false,
      },
    }
    const filter = { _id: { $in: ids }, heldBefore: false, $expr: { $and: [isFree, areSo] } } as const
    const send = () => collection.updateMany(filter, [{ $set: set }])
    // The driver sends a command of many once. What it has leased has another token: once more leases only the rest.
    const { matchedCount } = await send().catch(send)
    if (matchedCount === ready.length) return new Set(ids)
    const ours = await collection.find({ _id: { $in: ids }, leasedBy }, { projection: { _id: 1 } }).toArray()
    return new Set(ours.map(({ _id }) => _id))
  }
  const write = together(async (asked: readonly Writing[]): Promise<(Hold | null | Error)[]> => {
    const found = await updateAndReadEach(collection, asked.map(updateOf))
    // What was released may have been leased again before it was read: the token stays that of this write.
    return found.map((one, i) =>
      one === null ? one : readOne(one, () => ({ ...parse(one), token: asked[i]?.token ?? 0 })),
    )
  })
  const apply = together((asked: readonly Writing[]) => updateEach(collection, asked.map(updateOf)))

  return {
    lease: (key, forMs) => {
      aboutToWrite()
      return lease({ key, forMs })
    },
    leaseToTake: (key, forMs, claimed) => {
      aboutToWrite()
      const load = loaders.get(forMs) ?? leasesToTake(forMs)
      loaders.set(forMs, load)
      return load({ key, ...claimed })
    },
    write: (key, token, change) => {
      aboutToWrite()
      return write({ key, token, change })
    },
    apply: (key, token, change) => {
      aboutToWrite()
      return apply({ key, token, change })
    },
    watch: async (key, watch) => {
      aboutToWrite()
      await collection.updateOne(idOf(key), pipeline({ watch, dueInMs: 0 }))
    },
    due: async (before, limit, butSystems = []) => {
      return first(limit, {
        dueAt: { $type: 'date', $lte: before },
        system: { $nin: [...butSystems] },
      })
    },
    get: async (key) => {
      const found = await collection.findOne(idOf(key))
      return found && parse(found)
    },
    claimed: async ({ system, canonical }, principals) => {
      const these = principals === undefined ? {} : { principal: { $in: [...principals] } }
      const found = collection.aggregate([
        { $match: { system, canonical, claims: { $ne: {} }, ...these } },
        { $set: { readAt: '$$NOW' } },
      ])
      return readEach(await found.toArray(), parse, { what: 'hold', log })
    },
    leftovers: async (since) => {
      return first(mostLeftovers, { 'leftover.dueAt': { $type: 'date' }, 'leftover.since': { $lt: since } })
    },
    leftoversDue: async (now, limit) => {
      return first(limit, { 'leftover.dueAt': { $type: 'date', $lte: now } })
    },
    placesInUse: async () => {
      const inUse = {
        $or: [{ claims: { $ne: {} } }, { watch: { $ne: null } }, { leftover: { $type: 'object' } }],
      }
      const found = await collection
        .aggregate([{ $match: inUse }, { $group: { _id: '$system', places: { $addToSet: '$where' } } }])
        .toArray()
      return new Map(
        storedPlaces.parse(found).map(({ _id, places }) => [_id, places.flatMap((place) => place ?? [])]),
      )
    },
  }

  function updateOf({ key, token, change }: Writing): ConditionalUpdate {
    const onlyIf = change.ifHeldBefore ? { heldBefore: true } : {}
    return { filter: { ...idOf(key), token, ...onlyIf }, pipeline: pipeline(change) }
  }

  function pipeline(change: HoldWrite) {
    const { where, claim, unclaim, heldBefore, call, intent, watch, unwatch } = change
    const { leftover, dueInMs, keepMs } = change
    const set: Record<string, unknown> = { readAt: '$$NOW' }
    if (claim) set[`claims.${claim.grantId}`] = claim.end
    if (heldBefore !== undefined) set['heldBefore'] = heldBefore
    if (call !== undefined) set['call'] = call
    if (where !== undefined) set['where'] = { $literal: where }
    if (intent !== undefined) set['intent'] = { $literal: intent }
    if (watch) {
      const gave = { $or: [watch.gave, { $ifNull: ['$watch.gave', false] }] }
      set['watch'] = { gave, until: inMs(watch.forMs) }
    }
    if (dueInMs !== undefined) set['dueAt'] = inMs(dueInMs)
    if (keepMs !== undefined) set['leaseUntil'] = inMs(keepMs)
    if (unclaim) set['lastLeft'] = { $literal: unclaim }
    if (leftover === null) set['leftover'] = null
    if (leftover) {
      const since = { $ifNull: ['$leftover.since', '$$NOW'] }
      const { tries, error } = leftover
      set['leftover'] = { since, dueAt: inMs(leftover.dueInMs), tries, error: { $literal: error } }
    }
    if (unwatch) {
      const isSame = { $eq: [{ $ifNull: ['$watch.until', null] }, unwatch.seen] }
      set['watch'] = { $cond: [isSame, null, '$watch'] }
      set['dueAt'] = { $cond: [isSame, null, '$dueAt'] }
    }
    // What may have come by a give of ours was not there before.
    const isOurs = { $eq: [{ $ifNull: ['$watch.gave', false] }, true] }
    return [
      { $set: set },
      { $set: { heldBefore: { $and: ['$heldBefore', { $not: [isOurs] }] } } },
      ...(unclaim ? [{ $unset: `claims.${unclaim.grantId}` }] : []),
    ]
  }
}

interface Asked {
  readonly key: HoldKey & { target: Hold['target'] }
  readonly forMs: number
}
interface Ready {
  readonly seen: Hold
  readonly next: Hold
}
interface Taking {
  readonly key: HoldKey
  readonly grantId: string
  readonly where: string
}
interface Writing {
  readonly key: HoldKey
  readonly token: number
  readonly change: HoldWrite
}

type Leased = Awaited<ReturnType<HoldStore['lease']>>

const missing = (): Error => new Error('a hold that was just made is not there')

function parse(doc: unknown): Hold {
  const read = stored.safeParse(doc)
  if (!read.success) throw new UnknownRecord('a hold cannot be read', { cause: read.error })
  return read.data
}
