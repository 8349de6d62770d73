import { MongoBulkWriteError, MongoServerError } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { namedIn } from '../domain/audit/named-in.ts'
import { readRecorded } from '../domain/audit/recorded.ts'
import { wellFormed } from '../domain/cut.ts'
import type { NamedStore } from '../domain/ports/audit.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'

/** Where it is: no key of anybody, as each ends in a number. */
const positionId = 'upTo'
const position = z.object({ number: z.number() })

const digits = 16
const idOf = (key: string, number: number): string =>
  `${encodeURIComponent(wellFormed(key))}/${String(number).padStart(digits, '0')}`
const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('/') + 1))

/** One short document for each name in an entry, all that is known of it in its id: no index but that. */
export function mongoNamed(connection: Connection): NamedStore {
  const named = collectionOf<{ _id: string; number?: number }>(connection, 'named')
  return {
    upTo: async () => {
      const found = await named.findOne({ _id: positionId })
      return found === null ? 0 : position.parse(found).number
    },
    note: async (all, { after, upTo }) => {
      aboutToWrite()
      if (all.length > 0)
        await named
          .insertMany(
            all.map(({ key, number }) => ({ _id: idOf(key, number) })),
            { ordered: false },
          )
          .catch(unlessThere)
      const isFirst = after === 0
      await named
        .updateOne({ _id: positionId, number: after }, { $set: { number: upTo } }, { upsert: isFirst })
        .catch(unlessFurther)
    },
    forget: async (links) => {
      const ids = links.flatMap((link) => {
        const entry = readRecorded(link)
        return entry === null ? [] : [...namedIn(entry)].map((key) => idOf(key, link.number))
      })
      if (ids.length === 0) return
      aboutToWrite()
      await named.deleteMany({ _id: { $in: ids } })
    },
    entriesOf: async (keys, after, most) => {
      const found = await Promise.all(
        [...keys].map((key) =>
          named
            .find({ _id: { $gt: idOf(key, after), $lte: idOf(key, Number.MAX_SAFE_INTEGER) } })
            .sort({ _id: 1 })
            .limit(most)
            .toArray(),
        ),
      )
      const numbers = new Set(found.flat().map(({ _id }) => numberOf(_id)))
      return [...numbers].sort((one, other) => one - other).slice(0, most)
    },
  }
}

/** What was noted before is noted. */
function unlessThere(error: unknown): void {
  const isNoted =
    error instanceof MongoBulkWriteError && [error.writeErrors].flat().every(({ code }) => code === 11000)
  if (!isNoted) throw error
}

/** It is there, and somebody else went on from it. */
function unlessFurther(error: unknown): void {
  if (!(error instanceof MongoServerError && error.code === 11000)) throw error
}
