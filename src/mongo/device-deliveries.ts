import { createHash } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Delivery, DeliveryStore } from '../domain/ports/deliveries.ts'
import { collectionOf } from './connection.ts'
import { newMark } from './mark.ts'
import { readOne } from './readable.ts'
import { byId, together, upsertEach } from './together.ts'

const schema = new Schema(
  { _id: String, isDone: Boolean, mark: String, leasedUntil: Date, forgetAt: Date },
  { collection: 'device_deliveries', versionKey: false },
)
schema.index({ forgetAt: 1 }, { expireAfterSeconds: 0 })

export const deviceDeliveryModel = (connection: Connection) => connection.model('DeviceDelivery', schema)

const row = z.object({ isDone: z.boolean(), mark: z.string() })
type Row = z.infer<typeof row>

/** In this very moment, by somebody else. */
const givenBack: Row = { isDone: false, mark: '' }

const leaseMs = 30_000
/** So long others are waited for, whose reports are then written in the same commands. */
const gatherMs = 4
/** What is signed with its time is refused after minutes; this is for clocks that differ. */
const rememberedMs = 60 * 60_000

interface Ours {
  readonly _id: string
  readonly mark: string
}

export function mongoDeviceDeliveries(connection: Connection): DeliveryStore {
  const collection = collectionOf<{ _id: string }>(connection, 'device_deliveries')
  const claim = together(
    async (claims: readonly Ours[]): Promise<(Row | Error)[]> => {
      const updates = claims.map(({ _id, mark }) => ({
        filter: { _id },
        pipeline: [{ $replaceWith: { $cond: [isFree, claimed(_id, mark), '$$ROOT'] } }],
      }))
      // Where a primary is lost with it another may begin it as well: what is done is noted safely.
      const written = await upsertEach(collection, updates, { isSafe: false })
      const others = claims.filter((_, i) => written[i] === 'there').map(({ _id }) => _id)
      const found = others.length === 0 ? new Map<string, unknown>() : await byId(collection, others)
      return claims.map(({ _id, mark }, i) => {
        const [one, other] = [written[i], found.get(_id)]
        if (one instanceof Error) return one
        if (one === 'made') return { isDone: false, mark }
        return other === undefined ? givenBack : readOne(other, () => row.parse(other))
      })
    },
    { waitMs: gatherMs },
  )
  const finish = together((ours: readonly Ours[]) =>
    upsertEach(
      collection,
      ours.map(({ _id, mark }) => ({ filter: { _id }, pipeline: [{ $set: done(mark) }] })),
    ),
  )
  return {
    begin: async (delivery) => {
      const ours = { _id: keyOf(delivery), mark: newMark() }
      const { isDone, mark } = await claim(ours)
      if (mark !== ours.mark) return isDone ? 'done' : 'under-way'
      return {
        finish: async () => {
          await finish(ours)
        },
        giveBack: async () => {
          await collection.deleteOne({ ...ours, isDone: false })
        },
      }
    },
  }
}

/** Nobody began it, or whoever did is gone. */
const isFree = {
  $and: [{ $ne: ['$isDone', true] }, { $lte: [{ $ifNull: ['$leasedUntil', new Date(0)] }, '$$NOW'] }],
}

const claimed = (id: string, mark: string) => ({
  _id: { $literal: id },
  isDone: false,
  mark: { $literal: mark },
  leasedUntil: { $add: ['$$NOW', leaseMs] },
  forgetAt: { $add: ['$$NOW', rememberedMs] },
})

/** Whoever else has it by now, and where a claim was lost: it was taken in. */
const done = (mark: string) => ({
  isDone: true,
  mark: { $ifNull: ['$mark', { $literal: mark }] },
  forgetAt: { $ifNull: ['$forgetAt', { $add: ['$$NOW', rememberedMs] }] },
})

/** Ids are as long as their senders like. */
const keyOf = ({ source, id }: Delivery): string =>
  `${source}/${createHash('sha256').update(id).digest('base64url')}`
