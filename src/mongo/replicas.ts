import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import type { ReplicaStore } from '../domain/ports/replicas.ts'

const schema = new Schema(
  { _id: String, catalog: String, reachesSlack: Boolean, at: Date },
  { collection: 'replicas', versionKey: false },
)
// Whoever was killed said no goodbye.
schema.index({ at: 1 }, { expireAfterSeconds: 3_600 })

export const replicaModel = (connection: Connection) => connection.model('Replica', schema)

/** Which replicas run, by which catalog, and whether Slack answers them: stamped and aged by the database's clock. */
export function mongoReplicas(connection: Connection): ReplicaStore {
  const model = replicaModel(connection)
  return {
    say: async ({ id, catalog, reachesSlack }) => {
      const said = { catalog: { $literal: catalog }, reachesSlack: { $literal: reachesSlack } }
      await model.updateOne({ _id: id }, [{ $set: { ...said, at: '$$NOW' } }], {
        upsert: true,
        updatePipeline: true,
      })
    },
    heard: async (withinMs) => {
      const rows = await model.aggregate<unknown>([
        { $match: { $expr: { $gt: ['$at', { $subtract: ['$$NOW', withinMs] }] } } },
        { $project: { catalog: 1, reachesSlack: 1 } },
      ])
      return rows.map((row) => replicaRow.parse(row)).map(({ _id: id, ...said }) => ({ id, ...said }))
    },
    leave: async (id) => {
      await model.deleteOne({ _id: id })
    },
  }
}

const replicaRow = z.object({
  _id: z.string(),
  catalog: z.string(),
  reachesSlack: z.boolean().default(false),
})
