import { Schema, type Connection } from 'mongoose'
import type { RestoreStore } from '../domain/ports/restores.ts'

const schema = new Schema({ _id: String, since: Date }, { collection: 'restores', versionKey: false })
const id = 'open'

export const restoreModel = (connection: Connection) => connection.model('Restore', schema)

export function mongoRestores(connection: Connection): RestoreStore {
  const model = restoreModel(connection)
  return {
    begin: async () => {
      const since = { $ifNull: ['$since', '$$NOW'] }
      await model.updateOne({ _id: id }, [{ $set: { since } }], { upsert: true, updatePipeline: true })
    },
    isOpen: async () => (await model.exists({ _id: id })) !== null,
    done: async () => {
      await model.deleteOne({ _id: id })
    },
  }
}
