import { MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { Position } from '../domain/audit/position.ts'
import type { Kept, PositionStore } from '../domain/ports/forwarding.ts'
import { collectionOf } from './connection.ts'

const end = z.object({ number: z.int().nonnegative(), mark: z.string() })
const stored = end
  .extend({ trail: z.array(end), revision: z.int() })
  .transform(({ revision, ...position }): Kept => ({ position, revision }))

/** One document a place: a handful of them, so no index is needed. */
export function mongoPositions(connection: Connection): PositionStore {
  const positions = collectionOf<{ _id: string; revision: number }>(connection, 'forwarding')
  const at = async (place: string): Promise<Kept | null> => {
    const found = await positions.findOne({ _id: place })
    return found === null ? null : stored.parse(found)
  }
  return {
    at,
    takeUp: async (place) => {
      await positions.updateOne({ _id: place }, [{ $set: { movedAt: '$$NOW' } }])
    },
    latest: async () => {
      const [found] = await positions.find().sort({ movedAt: -1 }).limit(1).toArray()
      return found === undefined ? null : stored.parse(found).position
    },
    begin: async (place, position) => {
      try {
        const first = [{ $set: written(position, 0) }]
        await positions.updateOne({ _id: place, revision: { $exists: false } }, first, { upsert: true })
      } catch (error) {
        // It is there.
        if (!(error instanceof MongoServerError) || error.code !== 11000) throw error
      }
      const kept = await at(place)
      if (kept === null) throw new Error('the position of forwarding was removed while it was made')
      return kept
    },
    move: async (place, { revision }, position) => {
      const next = revision + 1
      const { matchedCount } = await positions.updateOne({ _id: place, revision }, [
        { $set: written(position, next) },
      ])
      return matchedCount === 0 ? null : { position, revision: next }
    },
  }
}

/** Marks are read from the chain, where anybody may have written them: never read as an expression. */
const written = ({ number, mark, trail }: Position, revision: number) => ({
  number,
  mark: { $literal: mark },
  trail: { $literal: trail },
  revision,
  movedAt: '$$NOW',
})
