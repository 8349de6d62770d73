import type { ClientSession } from 'mongodb'
import type { Connection } from 'mongoose'
import { ScimStoreAway } from '../../domain/ports/scim.ts'
import { elapsedMs } from '../../elapsed.ts'
import { inTime } from '../../in-time.ts'

const withinMs = 10_000

/**
 * All of it or nothing. Tried again where another write was in its way, or where it is not known whether it was
 * committed; but the driver would go on for two minutes, and a provider does not wait so long. Throws `ScimStoreAway`
 * then. That it is committed after all is possible where committing had begun: until that is known no later write to the
 * same comes before it. What had not come so far is not committed any more.
 */
export async function inTransaction<T>(
  connection: Connection,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const endsMs = elapsedMs() + withinMs
  const notLate = async (session: ClientSession): Promise<T> => {
    if (elapsedMs() > endsMs) throw tooLate()
    const done = await work(session)
    // It was answered that it is not done: whatever is asked next must not be undone by it.
    if (elapsedMs() > endsMs) throw tooLate()
    return done
  }
  const committed = connection.getClient().withSession((session) =>
    session.withTransaction(notLate, {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
    }),
  )
  return inTime(committed, withinMs, tooLate)
}

const tooLate = (): ScimStoreAway => new ScimStoreAway('MongoDB did not do it in time')
