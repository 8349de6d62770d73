import type { Collection } from 'mongodb'
import mongoose, { type Connection } from 'mongoose'

/** One pooled connection; every write waits for the majority. Nothing is indexed behind our back. */
export async function connect(uri: string): Promise<Connection> {
  return mongoose
    .createConnection(uri, {
      autoIndex: false,
      autoCreate: false,
      serverSelectionTimeoutMS: 3_000,
      // A database that hangs is noticed within seconds, not after the driver's 40: people wait for an answer.
      connectTimeoutMS: 3_000,
      heartbeatFrequencyMS: 2_000,
      socketTimeoutMS: 20_000,
      maxPoolSize: 50,
      writeConcern: { w: 'majority' },
      bufferCommands: false,
    })
    .asPromise()
}

/** The driver's own collection of an open connection: without mongoose's casting, which what zod parsed needs not. */
export function collectionOf<D extends { _id: string }>(connection: Connection, name: string): Collection<D> {
  if (!connection.db) throw new Error('the connection to MongoDB is not open')
  return connection.db.collection<D>(name)
}
