import { MongoClient } from 'mongodb'
import type { Stage } from '../support/curfew.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

/** The app's own database, as whoever runs it reaches it. */
export async function ownDatabase({ environment }: Stage) {
  const client = await new MongoClient(environment['MONGODB_URI'] ?? '').connect()
  afterThis(() => client.close())
  return client.db()
}
export type Database = Awaited<ReturnType<typeof ownDatabase>>

/** As mongodump and mongorestore would: everything, and nothing of what came since. */
export async function backup(db: Database): Promise<() => Promise<void>> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray()
  const saved = await Promise.all(
    collections.map(async ({ name }) => ({ name, documents: await db.collection(name).find().toArray() })),
  )
  return async () => {
    const now = await db.listCollections({}, { nameOnly: true }).toArray()
    for (const { name } of now) await db.collection(name).deleteMany({})
    for (const { name, documents } of saved)
      if (documents.length > 0) await db.collection(name).insertMany(documents)
  }
}
