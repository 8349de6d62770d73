import type { Connection } from 'mongoose'
import { MongoServerError } from 'mongodb'
import { blankShown } from './surfaces.ts'

const before = 'surfaces'
const kept = 'surfaces_before'
const noSuchCollection = 26

/**
 * Earlier each message was a document of its own. Puts those of a request together, once; what is there already
 * stays as it is, so that each replica may do it, and again. The old ones are kept under another name.
 */
export async function convertSurfaces(connection: Connection): Promise<void> {
  const db = connection.db
  if (!db) throw new Error('the connection to MongoDB is not open')
  if ((await db.listCollections({ name: before }, { nameOnly: true }).toArray()).length === 0) return
  const { version, savedBy, savedSince } = blankShown
  const surface = {
    key: '$_id',
    channel: '$channel',
    ts: '$ts',
    shows: '$shows',
    failure: '$failure',
    tries: '$tries',
    needsLook: '$needsLook',
    leaseUntil: new Date(0),
  }
  const steps = [
    {
      $group: {
        // A message of the day was noted with all others.
        _id: { $cond: [{ $eq: ['$requestId', 'digest'] }, '$_id', '$requestId'] },
        needsLook: { $max: '$needsLook' },
        surfaces: { $push: surface },
      },
    },
    { $set: { version: { $literal: version + 1 }, savedBy, savedSince } },
    { $merge: { into: 'shown', on: '_id', whenMatched: 'keepExisting' } },
  ]
  await db.collection(before).aggregate(steps, { allowDiskUse: true }).toArray()
  try {
    await db.collection(before).rename(kept, { dropTarget: true })
  } catch (error) {
    // Another replica did it in this very moment.
    if (!(error instanceof MongoServerError && error.code === noSuchCollection)) throw error
  }
}
