import type { Connection } from 'mongoose'
import { z } from 'zod'
import { confirmation, methods } from '../../domain/confirmation.ts'
import type { ProofStore } from '../../domain/ports/proofs.ts'
import { aboutToWrite } from '../../domain/writes.ts'
import { collectionOf } from '../connection.ts'

const stored = z.object({ _id: z.string(), by: z.partialRecord(z.enum(methods), confirmation).default({}) })

const forgotten = z.object({ since: z.partialRecord(z.enum(methods), z.date()).default({}) })

/** One document a person: what is asked for with each approval is one read by its id. */
export function mongoProofs(connection: Connection): ProofStore {
  const proofs = collectionOf<{ _id: string }>(connection, 'proofs')
  return {
    note: async (personId, proof) => {
      aboutToWrite()
      const own = `by.${proof.method}`
      // Of the time before a way was removed, or another took its place, nothing counts, however late it is noted.
      const latest = { $max: [`$${own}.at`, `$since.${proof.method}`, new Date(0)] }
      const isNewer = { $lt: [latest, proof.at] }
      await proofs.updateOne(
        { _id: personId },
        [
          {
            $set: { [own]: { $cond: [isNewer, { $literal: proof }, { $ifNull: [`$${own}`, '$$REMOVE'] }] } },
          },
        ],
        { upsert: true },
      )
    },
    latest: async (personIds) => {
      const found = await proofs.find({ _id: { $in: [...personIds] } }).toArray()
      return new Map(
        found.map((doc) => {
          const { _id: id, by } = stored.parse(doc)
          return [id, methods.flatMap((method) => by[method] ?? [])] as const
        }),
      )
    },
    isTheirs: async (personId, { method, at }) => {
      const found = await proofs.findOne({ _id: personId })
      const since = found === null ? undefined : forgotten.parse(found).since[method]
      return since === undefined || since < at
    },
    forget: async (personId, method) => {
      aboutToWrite()
      await proofs.updateOne(
        { _id: personId },
        [{ $unset: `by.${method}` }, { $set: { [`since.${method}`]: '$$NOW' } }],
        { upsert: true },
      )
    },
  }
}
