import { MongoServerError } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../domain/person-ref.ts'
import type { DeviceKey, DeviceKeyStore } from '../domain/ports/device-keys.ts'
import type { Log } from '../domain/ports/log.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { readEach, readOne } from './readable.ts'
import { byId, together, updateEach } from './together.ts'

const schema = new Schema(
  { _id: String, publicKey: String, person: { _id: false, id: String } },
  { collection: 'device_keys', versionKey: false },
)
schema.index({ publicKey: 1 }, { unique: true, name: 'one_device_of_a_key' })
schema.index({ 'person.id': 1 })

export const deviceKeyModel = (connection: Connection) => connection.model('DeviceKey', schema)

const row = z.object({
  _id: z.string(),
  publicKey: z.string(),
  person: personRef,
  counter: z.number(),
  removedAt: z.date().nullable(),
})

const read = (found: unknown): DeviceKey => {
  const { _id: sourceId, removedAt, ...key } = row.parse(found)
  return { ...key, sourceId, isRemoved: removedAt !== null }
}

/** What was removed stays: its key never counts again. */
export function mongoDeviceKeys(connection: Connection, log?: Log): DeviceKeyStore {
  const keys = collectionOf<{ _id: string }>(connection, 'device_keys')
  const get = together(async (ids: readonly string[]) => {
    const found = await byId(keys, ids)
    return ids.map((id) => {
      const one = found.get(id)
      return one === undefined ? null : readOne(one, () => read(one))
    })
  })
  const take = together(async (taken: readonly { sourceId: string; counter: number }[]) =>
    updateEach(
      keys,
      taken.map(({ sourceId, counter }) => ({
        filter: { _id: sourceId, counter: { $lt: counter }, removedAt: null },
        pipeline: [{ $set: { counter, usedAt: '$$NOW' } }],
      })),
    ),
  )
  return {
    get,
    take: (sourceId, counter) => {
      aboutToWrite()
      return take({ sourceId, counter })
    },
    add: async ({ sourceId, publicKey, person }) => {
      aboutToWrite()
      const made = { _id: sourceId, publicKey, person, counter: 0, usedAt: null, removedAt: null }
      try {
        // A pipeline, as only there the database's clock can be asked.
        const { upsertedCount } = await keys.updateOne(
          { _id: sourceId },
          [{ $replaceWith: { $mergeObjects: [{ $literal: made }, { madeAt: '$$NOW' }, '$$ROOT'] } }],
          { upsert: true },
        )
        return upsertedCount === 1
      } catch (error) {
        if (error instanceof MongoServerError && error.code === 11000) return false
        throw error
      }
    },
    ofPublicKey: async (publicKey) => {
      const found = await keys.findOne({ publicKey })
      return found === null ? null : read(found)
    },
    ofPeople: async (personIds) => {
      const found = await keys.find({ 'person.id': { $in: [...personIds] }, removedAt: null }).toArray()
      return readEach(found, read, { what: 'device key', log })
    },
    remove: async (sourceId, by) => {
      aboutToWrite()
      const { modifiedCount } = await keys.updateOne({ _id: sourceId, removedAt: null }, [
        { $set: { removedAt: '$$NOW', removedBy: { $literal: by } } },
      ])
      return modifiedCount === 1
    },
  }
}
