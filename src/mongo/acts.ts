import { randomUUID } from 'node:crypto'
import type { AnyBulkWriteOperation } from 'mongodb'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { actSchema, outcomes, recordableOfAct, type Outcome } from '../domain/audit/act.ts'
import { namedByAct } from '../domain/audit/named-in.ts'
import type { ActStore } from '../domain/ports/acts.ts'
import type { ToRecord, Waiting } from '../domain/ports/audit.ts'
import type { Log } from '../domain/ports/log.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { readEach } from './readable.ts'
import { together } from './together.ts'

/** Whoever has said nothing for so long died, or cannot reach the database: nothing that is done takes longer. */
const unknownAfterMs = 120_000
/** What came of it may still be said for so long. */
const forgottenAfterMs = 86_400_000

const schema = new Schema({ _id: String, at: Date }, { collection: 'acts', versionKey: false })
schema.index({ at: 1 })

/** Acts on their way to the record: there once they are about to be done, gone once they stand in it. */
export const actModel = (connection: Connection) => connection.model('Act', schema)

const row = actSchema.extend({
  _id: z.string(),
  at: z.date(),
  outcome: z.enum(outcomes).nullable(),
})

export function mongoActs(connection: Connection): ActStore {
  const acts = collectionOf<{ _id: string }>(connection, 'acts')
  /** Of a directory that writes hundreds at once, a few round trips. */
  const write = together(async (operations: readonly AnyBulkWriteOperation<{ _id: string }>[]) => {
    await acts.bulkWrite(operations, { ordered: false })
    return operations.map(() => true)
  })
  return {
    begin: async (act) => {
      const _id = randomUUID()
      const made = { _id, ...act, outcome: null, isSaid: false }
      aboutToWrite()
      await write({
        updateOne: {
          filter: { _id },
          // A pipeline, as only there the database's clock can be asked.
          update: [{ $replaceWith: { $mergeObjects: [{ $literal: made }, { at: '$$NOW' }] } }],
          upsert: true,
        },
      })
      return {
        ended: async (outcome, { about = act.about, details = {} } = {}) => {
          const learnt = { outcome, about, details: { ...act.details, ...details } }
          aboutToWrite()
          await write({ updateOne: { filter: { _id }, update: { $set: learnt } } })
        },
        dropped: async () => {
          aboutToWrite()
          await write({ deleteOne: { filter: { _id } } })
        },
      }
    },
  }
}

/** What they say of it: what came of it, or after a while that nobody knows. */
export function mongoActsToRecord(connection: Connection, log: Log): ToRecord {
  const acts = collectionOf<{ _id: string }>(connection, 'acts')
  const isOld = (ms: number) => ({ $expr: { $lt: ['$at', { $subtract: ['$$NOW', ms] }] } })
  const recorded = async (those: readonly z.infer<typeof row>[]): Promise<void> => {
    if (those.length === 0) return
    const over = those.filter(({ outcome }) => outcome !== null).map(({ _id }) => _id)
    const open = those.filter(({ outcome }) => outcome === null).map(({ _id }) => _id)
    aboutToWrite()
    await acts.updateMany({ _id: { $in: open }, outcome: null }, { $set: { isSaid: true } })
    await acts.deleteMany({
      $or: [{ _id: { $in: over } }, { isSaid: true, outcome: null, ...isOld(forgottenAfterMs) }],
    })
  }
  return {
    adopt: () => Promise.resolve(),
    waiting: async (after, most) => {
      const found = await acts
        .find({
          ...(after === null ? {} : { _id: { $gt: after } }),
          $or: [{ outcome: { $ne: null } }, { isSaid: false, ...isOld(unknownAfterMs) }],
        })
        .sort({ _id: 1 })
        .limit(most)
        .toArray()
      const those = readEach(found, (doc) => row.parse(doc), { what: 'act', log })
      return {
        those: those.map(waitingOf),
        hasMore: false,
        last: found.length < most ? null : (found.at(-1)?._id ?? null),
        recorded: () => recorded(those),
      }
    },
  }
}

function waitingOf({ _id: id, at, outcome, ...act }: z.infer<typeof row>): Waiting {
  const said: Outcome = outcome ?? 'unknown'
  const entry = recordableOfAct(at, { ...act, id, outcome: said })
  return { entries: [{ ...entry, names: namedByAct(act) }], holdings: [] }
}
