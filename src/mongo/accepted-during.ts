import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { Accepted } from '../domain/ports/accepted.ts'
import { collectionOf } from './connection.ts'

const row = z.object({
  system: z.string(),
  canonical: z.string(),
  principal: z.string(),
  until: z.date(),
  by: z.string(),
  at: z.date(),
})

/**
 * What an admin found fine, at any time from the first to the last instant, though no grant explained it: of the same the
 * last word alone. Null: it cannot be read.
 */
export async function* acceptedDuring(
  connection: Connection,
  { first, last }: { first: Date; last: Date },
): AsyncGenerator<Accepted | null> {
  const cursor = collectionOf<{ _id: string }>(connection, 'accepted')
    .find({ at: { $lte: last }, until: { $gt: first } })
    .sort({ system: 1, canonical: 1 })
  for await (const one of cursor) yield row.safeParse(one).data ?? null
}
