import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { ReplicaStore } from '../domain/ports/replicas.ts'

const schema = new Schema(
  { _id: String, catalog: String, at: Date },
  { collection: 'replicas', versionKey: false },
)
// Whoever was killed said no goodbye.
schema.index({ at: 1 }, { expireAfterSeconds: 3_600 })

export const replicaModel = (connection: Connection) => connection.model('Replica', schema)

/** Which replicas run, and by which catalog: stamped and aged by the database's clock. */
export function mongoReplicas(connection: Connection): ReplicaStore {
  const model = replicaModel(connection)
  return {
    say: async (id, catalog) => {
      await model.updateOne({ _id: id }, [{ $set: { catalog: { $literal: catalog }, at: '$$NOW' } }], {
        upsert: true,
        updatePipeline: true,
      })
    },
    heard: async (withinMs) => {
      const rows = await model.aggregate<unknown>([
        { $match: { $expr: { $gt: ['$at', { $subtract: ['$$NOW', withinMs] }] } } },
        { $project: { catalog: 1 } },
      ])
      return rows.map((row) => replicaRow.parse(row)).map(({ _id: id, catalog }) => ({ id, catalog }))
    },
    leave: async (id) => {
      await model.deleteOne({ _id: id })
    },
  }
}

const replicaRow = z.object({ _id: z.string(), catalog: z.string() })
