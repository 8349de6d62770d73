import type { Connection } from 'mongoose'
import type { RecordPosition } from '../domain/ports/record-position.ts'
import { mongoChain } from './audit.ts'
import { collectionOf } from './connection.ts'
import { readWithin } from './within.ts'

const most = 5_000
const withinMs = 1_500

/** By indexes alone, and ended by the database too where it takes too long. */
export function mongoRecordPosition(
  connection: Connection,
  forward: { lag(): Promise<number> } | null,
): RecordPosition {
  const chain = mongoChain(connection)
  const grants = collectionOf(connection, 'grants')
  const acts = collectionOf(connection, 'acts')
  return {
    position: async () => {
      const [end, histories, done, unsent] = await Promise.all([
        chain.end(),
        grants.countDocuments({ unrecorded: true }, { limit: most, ...readWithin(withinMs) }),
        acts.countDocuments({ outcome: { $ne: null } }, { limit: most, ...readWithin(withinMs) }),
        forward?.lag() ?? null,
      ])
      return { entries: end.number, waiting: histories + done, unsent }
    },
  }
}
