import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { holdId, type Hold, type HoldKey } from '../domain/hold.ts'
import type { HoldStore, HoldWrite } from '../domain/ports.ts'

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
      left: z.enum(['gone', 'never-given', 'kept-for-grant', 'kept-before']),
      keptUntil: z.date().nullable(),
    })
    .nullable(),
  dueAt: z.date().nullable(),
})

const schema = new Schema<{ _id: string; token: number; leaseUntil: Date; dueAt: Date | null }>(
  { _id: String, token: Number, leaseUntil: Date, dueAt: Date },
  { collection: 'holds', strict: false, versionKey: false, minimize: false },
)
schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } }, name: 'due' })

export const holdModel = (connection: Connection) => connection.model('Hold', schema)

/** Leases and their ends are timed by the database alone (`$$NOW`): no replica's clock is asked. */
export function mongoHolds(connection: Connection): HoldStore {
  const { collection } = holdModel(connection)
  const inMs = (ms: number) => ({ $add: ['$$NOW', ms] })
  const byId = (key: HoldKey) => ({ _id: holdId(key) as never })

  const takeIfFree = (key: HoldKey, forMs: number) =>
    collection.findOneAndUpdate(
      { ...byId(key), $expr: { $lte: ['$leaseUntil', '$$NOW'] } },
      [{ $set: { token: { $add: ['$token', 1] }, leaseUntil: inMs(forMs), readAt: '$$NOW' } }],
      { returnDocument: 'after' },
    )

  const make = ({ system, principal, canonical, target }: HoldKey & { target: Hold['target'] }) =>
    collection.updateOne(
      byId({ system, principal, canonical }),
      { $setOnInsert: { ...fresh, system, principal, canonical, target } },
      { upsert: true },
    )

  return {
    lease: async (key, forMs) => {
      let taken = await takeIfFree(key, forMs)
      if (taken !== null) return { taken: true, hold: parse(taken) }
      let busy = await collection.findOne(byId(key))
      if (busy === null) {
        await make(key)
        taken = await takeIfFree(key, forMs)
        if (taken !== null) return { taken: true, hold: parse(taken) }
        busy = await collection.findOne(byId(key))
      }
      return { taken: false, until: stored.shape.leaseUntil.parse(busy?.leaseUntil) }
    },
    write: async (key, token, change) => {
      const written = await collection.findOneAndUpdate({ ...byId(key), token }, pipeline(change), {
        returnDocument: 'after',
      })
      return written && parse(written)
    },
    watch: async (key, watch) => {
      await collection.updateOne(byId(key), pipeline({ watch, dueInMs: 0 }))
    },
    due: async (before, limit, butSystems = []) => {
      const found = collection.find({
        dueAt: { $type: 'date', $lte: before },
        system: { $nin: [...butSystems] },
      })
      return (await found.limit(limit).toArray()).map(parse)
    },
    get: async (key) => {
      const found = await collection.findOne(byId(key))
      return found && parse(found)
    },
    systemsInUse: async () =>
      new Set(
        z
          .array(z.string())
          .parse(
            await collection.distinct('system', { $or: [{ claims: { $ne: {} } }, { watch: { $ne: null } }] }),
          ),
      ),
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

const fresh = {
  where: null,
  token: 0,
  leaseUntil: new Date(0),
  readAt: new Date(0),
  claims: {},
  heldBefore: false,
  call: null,
  intent: { number: 0, of: '', isKnown: true },
  watch: null,
  lastLeft: null,
  dueAt: null,
}

const parse = (doc: unknown): Hold => stored.parse(doc)
