import type { ClientSession } from 'mongodb'
import type { Connection } from 'mongoose'

const withinMs = 10_000

/**
 * All of it or nothing. Tried again where another write was in its way, or where it is not known whether it was
 * committed; but no longer than a provider waits for its answer.
 */
export const inTransaction = <T>(
  connection: Connection,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> =>
  connection.getClient().withSession((session) =>
    session.withTransaction(work, {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      timeoutMS: withinMs,
    }),
  )
