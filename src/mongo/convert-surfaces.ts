import type { Connection } from 'mongoose'
import { blankShown } from './surfaces.ts'

const orElse = (field: string, value: unknown) => ({ $ifNull: [field, { $literal: value }] })

/** `alert:resource:channel:since:step`, or `alert:resource:channel:by-dm:since:person`. */
const parts = { $split: ['$_id', ':'] }
const isByDm = { $eq: [{ $arrayElemAt: [parts, 3] }, 'by-dm'] }
const episode = {
  $reduce: {
    input: { $slice: [parts, 1, { $cond: [isByDm, 4, 3] }] },
    initialValue: 'alert',
    in: { $concat: ['$$value', ':', '$$this'] },
  },
}
/** With what a message stands together now: of what is late, each episode by itself, and each message of the day. */
const together = {
  $switch: {
    branches: [
      { case: { $eq: ['$requestId', 'digest'] }, then: '$_id' },
      { case: { $eq: [{ $arrayElemAt: [parts, 0] }, 'alert'] }, then: episode },
    ],
    default: '$requestId',
  },
}

const before = 'surfaces'
const kept = 'surfaces_before'

/**
 * Earlier each message was a document of its own. Puts those of a request together, once; what is there already
 * stays as it is, so that each replica may do it, and again. The old ones are kept under another name.
 */
export async function convertSurfaces(connection: Connection): Promise<void> {
  const db = connection.db
  if (!db) throw new Error('the connection to MongoDB is not open')
  const isThere = async () =>
    (await db.listCollections({ name: before }, { nameOnly: true }).toArray()).length > 0
  if (!(await isThere())) return
  const { version, savedBy, savedSince } = blankShown
  const surface = {
    key: '$_id',
    channel: orElse('$channel', null),
    ts: orElse('$ts', null),
    shows: orElse('$shows', null),
    failure: orElse('$failure', null),
    tries: orElse('$tries', 0),
    needsLook: orElse('$needsLook', false),
    leaseUntil: orElse('$leaseUntil', new Date(0)),
  }
  const steps = [
    // What does not say what it is of stays among the old ones.
    { $match: { _id: { $type: 'string' }, requestId: { $type: 'string' } } },
    {
      $group: {
        _id: together,
        needsLook: { $max: orElse('$needsLook', false) },
        surfaces: { $push: surface },
      },
    },
    { $set: { version: { $literal: version + 1 }, savedBy, savedSince } },
    { $merge: { into: 'shown', on: '_id', whenMatched: 'keepExisting' } },
  ]
  try {
    await db.collection(before).aggregate(steps, { allowDiskUse: true }).toArray()
    await db.collection(before).rename(kept, { dropTarget: true })
  } catch (error) {
    // Another replica was done first.
    if (await isThere()) throw error
  }
}
