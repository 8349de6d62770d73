import { Schema, type Connection } from 'mongoose'
import { MongoBulkWriteError } from 'mongodb'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { lefts } from '../domain/end-causes.ts'
import { blankHold, holdId, type Hold, type HoldKey } from '../domain/hold.ts'
import type { HoldStore, HoldWrite } from '../domain/ports/holds.ts'
import type { Log } from '../domain/ports/log.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { readEach } from './readable.ts'
import { byId, together, updateEach } from './together.ts'

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
  dueAt: z.date().nullable(),
})

const storedPlaces = z.array(
  z.object({ _id: z.string(), places: z.array(z.string().nullable().catch(null)) }),
)

const schema = new Schema<{ _id: string; token: number; leaseUntil: Date; dueAt: Date | null }>(
  { _id: String, token: Number, leaseUntil: Date, dueAt: Date },
  { collection: 'holds', strict: false, versionKey: false, minimize: false },
)
schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } }, name: 'due' })

export const holdModel = (connection: Connection) => connection.model('Hold', schema)

/** Leases and their ends are timed by the database alone (`$$NOW`): no replica's clock is asked. */
export function mongoHolds(connection: Connection, log?: Log): HoldStore {
  const collection = collectionOf<{ _id: string }>(connection, 'holds')
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })
  const idOf = (key: HoldKey) => ({ _id: holdId(key) })

  const readAll = (keys: readonly HoldKey[]) => byId(collection, keys.map(holdId))
  /** Null where there is no such hold yet. */
  const takeWhereFree = async (asked: readonly Asked[]): Promise<(Leased | Error | null)[]> => {
    const named = asked.map((one) => ({ ...one, leasedBy: randomBytes(9).toString('base64url') }))
    const updated = await updateEach(
      collection,
      named.map(({ key, forMs, leasedBy }) => {
        const set = { token: { $add: ['$token', 1] }, leaseUntil: inMs(forMs), readAt: '$$NOW', leasedBy }
        return {
          filter: { ...idOf(key), $expr: { $lte: ['$leaseUntil', '$$NOW'] } },
          pipeline: [{ $set: set }],
        }
      }),
    )
    const found = await readAll(asked.map(({ key }) => key))
    return named.map(({ key, leasedBy }, i) => {
      const [result, document] = [updated[i], found.get(holdId(key))]
      if (result instanceof Error) return result
      if (document === undefined) return null
      const hold = parse(document)
      // Its name and not only its mark: after a pause somebody else's token may be read here.
      return document['leasedBy'] === leasedBy
        ? { taken: true, hold }
        : { taken: false, until: hold.leaseUntil }
    })
  }
  const make = (keys: readonly Asked['key'][]) =>
    collection.bulkWrite(
      keys.map(({ system, principal, canonical, target }) => ({
        updateOne: {
          filter: idOf({ system, principal, canonical }),
          update: { $setOnInsert: { ...blankHold, system, principal, canonical, target } },
          upsert: true,
        },
      })),
      { ordered: false },
    )
  const lease = together(async (asked: readonly Asked[]): Promise<(Leased | Error)[]> => {
    const first = await takeWhereFree(asked)
    const unmade = asked.filter((_, i) => first[i] === null)
    if (unmade.length === 0) return first.map((one) => one ?? missing())
    // Another process may make it in the same moment: then there is one, which is all that is wanted.
    await make(unmade.map(({ key }) => key)).catch((error: unknown) => {
      if (!(error instanceof MongoBulkWriteError && error.code === 11000)) throw error
    })
    const second = await takeWhereFree(unmade)
    return first.map((one, i) => one ?? second[unmade.indexOf(asked[i] as Asked)] ?? missing())
  })
  const write = together(async (asked: readonly Writing[]): Promise<(Hold | null | Error)[]> => {
    const updated = await updateEach(
      collection,
      asked.map(({ key, token, change }) => ({
        filter: { ...idOf(key), token },
        pipeline: pipeline(change),
      })),
    )
    const found = await readAll(asked.map(({ key }) => key))
    return asked.map(({ key, token }, i) => {
      const result = updated[i]
      if (result !== true) return result instanceof Error ? result : null
      // What was released may have been leased again before it was read: the token stays that of this write.
      return { ...parse(found.get(holdId(key))), token }
    })
  })

  return {
    lease: (key, forMs) => {
      aboutToWrite()
      return lease({ key, forMs })
    },
    write: (key, token, change) => {
      aboutToWrite()
      return write({ key, token, change })
    },
    watch: async (key, watch) => {
      aboutToWrite()
      await collection.updateOne(idOf(key), pipeline({ watch, dueInMs: 0 }))
    },
    due: async (before, limit, butSystems = []) => {
      const found = collection.find({
        dueAt: { $type: 'date', $lte: before },
        system: { $nin: [...butSystems] },
      })
      return readEach(await found.limit(limit).toArray(), parse, { what: 'hold', log })
    },
    get: async (key) => {
      const found = await collection.findOne(idOf(key))
      return found && parse(found)
    },
    placesInUse: async () => {
      const inUse = { $or: [{ claims: { $ne: {} } }, { watch: { $ne: null } }] }
      const found = await collection
        .aggregate([{ $match: inUse }, { $group: { _id: '$system', places: { $addToSet: '$where' } } }])
        .toArray()
      return new Map(
        storedPlaces.parse(found).map(({ _id, places }) => [_id, places.flatMap((place) => place ?? [])]),
      )
    },
  }

  function pipeline(change: HoldWrite) {
    const { where, claim, unclaim, heldBefore, call, intent, watch, unwatch, dueInMs, keepMs } = change
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
    if (unwatch) {
      const isSame = { $eq: [{ $ifNull: ['$watch.until', null] }, unwatch.seen] }
      set['watch'] = { $cond: [isSame, null, '$watch'] }
      set['dueAt'] = { $cond: [isSame, null, '$dueAt'] }
    }
    return [{ $set: set }, ...(unclaim ? [{ $unset: `claims.${unclaim.grantId}` }] : [])]
  }
}

interface Asked {
  readonly key: HoldKey & { target: Hold['target'] }
  readonly forMs: number
}
interface Writing {
  readonly key: HoldKey
  readonly token: number
  readonly change: HoldWrite
}

type Leased = Awaited<ReturnType<HoldStore['lease']>>

const missing = (): Error => new Error('a hold that was just made is not there')

const parse = (doc: unknown): Hold => stored.parse(doc)
