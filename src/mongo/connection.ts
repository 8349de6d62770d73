import type { Collection, MongoClientOptions } from 'mongodb'
import mongoose, { type Connection } from 'mongoose'
import { waking } from '../waking-connection.ts'
import { mustBeReadable, Unusable, whyAddressIsUnusable } from './unusable.ts'

/**
 * What the stores rely on, whatever the address says. What decides is read where it was written: from the primary, and
 * as it is there (`local`), since every decision ends in a write that is compared with it. A write counts once a
 * majority has it in its journal: what one member alone confirmed may be rolled back, and the system's access stay.
 */
const relied = {
  readPreference: 'primary',
  readConcern: { level: 'local' },
  writeConcern: { w: 'majority', journal: true },
  retryReads: true,
  retryWrites: true,
} as const satisfies MongoClientOptions

/** A database that hangs is noticed within seconds, not after the driver's 40: people wait for an answer. */
const patience = {
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  heartbeatFrequencyMS: 2_000,
  socketTimeoutMS: 20_000,
} as const satisfies MongoClientOptions

/** In lower case: what of an address would say otherwise. */
const decidedHere = new Set([
  'readpreference',
  'readpreferencetags',
  'maxstalenessseconds',
  'readconcern',
  'readconcernlevel',
  'writeconcern',
  'w',
  'j',
  'journal',
  'fsync',
  'wtimeout',
  'wtimeoutms',
  'retryreads',
  'retrywrites',
  'timeoutms',
  'raw',
  'promotevalues',
  'promotelongs',
  'promotebuffers',
  'usebigint64',
  'bsonregexp',
  'ignoreundefined',
  'fieldsasraw',
  'serializefunctions',
  'forceserverobjectid',
])

/**
 * One pooled connection. Nothing is indexed behind our back. Throws `Unusable` when waiting cannot mend it, the
 * driver's own error for an outage.
 */
export async function connect(written: string): Promise<Connection> {
  const uri = withoutDecided(written)
  const options = { ...relied, ...patience, ...waking, maxPoolSize: 50 }
  mustBeReadable(uri, options)
  const connection = mongoose.createConnection(uri, {
    ...options,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
  })
  try {
    return await connection.asPromise()
  } catch (error) {
    await connection.destroy(true).catch(() => undefined)
    throw asUnusable(uri, error)
  }
}

/** As `Unusable` where waiting cannot mend it, else as it is. */
export function asUnusable(uri: string, error: unknown): unknown {
  const why = whyAddressIsUnusable(uri, error)
  return why === null ? error : new Unusable(why, { cause: error })
}

/** The parts of an address as the driver tells them apart: a password may hold a `?`. */
const parts = /^([^/]+:\/\/(?:[^@]*@)?[^/?@]+[^?]*)\?(.*)$/s

function withoutDecided(uri: string): string {
  const [, place, query] = parts.exec(uri) ?? []
  if (place === undefined || query === undefined) return uri
  const kept = query.split('&').filter((option) => !decidedHere.has(nameOf(option)))
  return `${place}?${kept.join('&')}`
}

/** As the driver reads it, however it is written. */
const nameOf = (option: string): string => [...new URLSearchParams(option).keys()].join().toLowerCase()

/** The driver's own collection of an open connection: without mongoose's casting, which what zod parsed needs not. */
export function collectionOf<D extends { _id: string | number }>(
  connection: Connection,
  name: string,
): Collection<D> {
  if (!connection.db) throw new Error('the connection to MongoDB is not open')
  return connection.db.collection<D>(name)
}
