import { MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { transport, type Passkey } from '../../domain/confirming/passkey.ts'
import type { PasskeyStore } from '../../domain/ports/passkeys.ts'
import { aboutToWrite } from '../../domain/writes.ts'
import { collectionOf } from '../connection.ts'

/** More than are ever under way with one passkey within the minutes that a challenge counts. */
const signedKept = 50

const row = z.object({
  _id: z.string(),
  person: z.string(),
  userHandle: z.string(),
  publicKey: z.string(),
  counter: z.number(),
  transports: z.array(transport),
  aaguid: z.string(),
  deviceType: z.enum(['singleDevice', 'multiDevice']),
  isBackedUp: z.boolean(),
  rpId: z.string(),
  label: z.string(),
  createdAt: z.date(),
  lastUsedAt: z.date().nullable(),
})
const labelled = z.object({ label: z.string() })
const signed = z.object({ signed: z.array(z.string()) })
const used = z.object({ lastUsedAt: z.date() })

const read = (found: unknown): Passkey => {
  const { _id: id, ...rest } = row.parse(found)
  return { id, ...rest }
}
const readOne = (found: unknown): Passkey | null => (found === null ? null : read(found))

export function mongoPasskeys(connection: Connection): PasskeyStore {
  const passkeys = collectionOf<{ _id: string; person: string; createdAt: Date }>(connection, 'passkeys')
  return {
    add: async ({ id, ...passkey }) => {
      aboutToWrite()
      const { upsertedCount } = await passkeys
        .updateOne(
          { _id: id },
          // As it is where there is one: a pipeline, as only there the database's clock can be asked.
          [
            {
              $replaceWith: {
                $cond: [
                  { $eq: [{ $type: '$createdAt' }, 'date'] },
                  '$$ROOT',
                  {
                    $mergeObjects: [
                      { $literal: { _id: id, ...passkey, lastUsedAt: null, signed: [] } },
                      { createdAt: '$$NOW' },
                    ],
                  },
                ],
              },
            },
          ],
          { upsert: true },
        )
        .catch((error: unknown) => {
          if (error instanceof MongoServerError && error.code === 11000) return { upsertedCount: 0 }
          throw error
        })
      return upsertedCount === 1
    },
    of: async (person) => (await passkeys.find({ person }).sort({ createdAt: 1 }).toArray()).map(read),
    find: async (person, id) => readOne(await passkeys.findOne({ _id: id, person })),
    use: async (person, id, { counter, challenge, deviceType, isBackedUp }) => {
      aboutToWrite()
      const found = await passkeys.findOneAndUpdate(
        { _id: id, person, counter: counter === 0 ? 0 : { $lt: counter }, signed: { $ne: challenge } },
        [
          {
            $set: {
              counter,
              deviceType,
              isBackedUp,
              lastUsedAt: '$$NOW',
              signed: { $slice: [{ $concatArrays: ['$signed', [{ $literal: challenge }]] }, -signedKept] },
            },
          },
        ],
        { returnDocument: 'after' },
      )
      if (found !== null) return { at: used.parse(found).lastUsedAt }
      const now = signed.safeParse(await passkeys.findOne({ _id: id, person }))
      if (!now.success) return { not: 'gone' }
      return { not: now.data.signed.includes(challenge) ? 'signed-before' : 'counter' }
    },
    rename: async (person, id, label) => {
      aboutToWrite()
      const renamed = { $set: { label } }
      return readOne(
        await passkeys.findOneAndUpdate({ _id: id, person }, renamed, { returnDocument: 'after' }),
      )
    },
    isSomebodys: async (id) => (await passkeys.countDocuments({ _id: id }, { limit: 1 })) > 0,
    remove: async (person, id) => {
      aboutToWrite()
      return readOne(await passkeys.findOneAndDelete({ _id: id, person }))
    },
    removeAll: async (person) => {
      aboutToWrite()
      // Also one that cannot be read.
      const found = await passkeys.find({ person }).toArray()
      await passkeys.deleteMany({ person })
      return found.map((one) => labelled.safeParse(one).data?.label ?? 'Passkey')
    },
    countOfOthers: (rpId) => passkeys.countDocuments({ rpId: { $ne: rpId } }),
  }
}
