import { createHash } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { Delivery, DeliveryStore } from '../domain/ports/deliveries.ts'
import { collectionOf } from './connection.ts'
import { newMark } from './mark.ts'
import { readOne } from './readable.ts'
import { makeEach, together, updateEach } from './together.ts'

const schema = new Schema(
  { _id: String, isDone: Boolean, mark: String, leasedUntil: Date, forgetAt: Date },
  { collection: 'device_deliveries', versionKey: false },
)
schema.index({ forgetAt: 1 }, { expireAfterSeconds: 0 })

export const deviceDeliveryModel = (connection: Connection) => connection.model('DeviceDelivery', schema)

const row = z.object({ isDone: z.boolean(), mark: z.string() })

const leaseMs = 30_000
/** What is signed with its time is refused after minutes; this is for clocks that differ. */
const rememberedMs = 60 * 60_000

interface Ours {
  readonly _id: string
  readonly mark: string
}

export function mongoDeviceDeliveries(connection: Connection): DeliveryStore {
  const collection = collectionOf<{ _id: string }>(connection, 'device_deliveries')
  const claim = together(async (claims: readonly Ours[]) => {
    const found = await makeEach(
      collection,
      claims.map(({ _id, mark }) => ({
        filter: { _id },
        pipeline: [{ $replaceWith: { $cond: [isFree, claimed(_id, mark), '$$ROOT'] } }],
      })),
    )
    return found.map((one) => readOne(one, () => row.parse(one)))
  })
  const finish = together(async (ours: readonly Ours[]) =>
    updateEach(
      collection,
      ours.map(({ _id, mark }) => ({ filter: { _id, mark }, pipeline: [{ $set: { isDone: true } }] })),
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

/** Ids are as long as their senders like. */
const keyOf = ({ source, id }: Delivery): string =>
  `${source}/${createHash('sha256').update(id).digest('base64url')}`
