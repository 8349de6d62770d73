import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'

const everyMs = 500

/** Writes down twice a second what Curfew's database says is owed to a system, and by which lease: to see why it took long. */
export function watchDebts(uri: string, file: string): { stop(): Promise<void> } {
  const until = { isOver: false }
  const out = createWriteStream(file)
  const running = (async () => {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1_000, socketTimeoutMS: 1_000 })
    const database = client.db('curfew')
    while (!until.isOver) {
      const at = Date.now()
      try {
        const debts = await database
          .collection('grants')
          .find({ status: { $in: ['granting', 'revoking'] } })
          .project({ status: 1, tries: 1, lastError: 1, retryAt: 1, isAway: 1, system: 1, place: 1 })
          .toArray()
        const holds = await database
          .collection('holds')
          .find({ $or: [{ leaseUntil: { $gt: new Date(at - 1_000) } }, { watch: { $ne: null } }] })
          .project({ token: 1, leaseUntil: 1, call: 1, watch: 1, dueAt: 1 })
          .toArray()
        out.write(`${JSON.stringify({ at, debts, holds })}\n`)
      } catch {
        out.write(`${JSON.stringify({ at, debts: null })}\n`)
      }
      await sleep(Math.max(0, at + everyMs - Date.now()))
    }
    await client.close().catch(() => undefined)
    out.end()
  })()
  return {
    stop: async () => {
      until.isOver = true
      await running
    },
  }
}
