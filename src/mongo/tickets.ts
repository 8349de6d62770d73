import { createHash, randomBytes } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../domain/person.ts'
import type { TicketStore } from '../domain/ports/tickets.ts'
import { aboutToWrite } from '../domain/writes.ts'

const schema = new Schema(
  {
    _id: String,
    act: String,
    grantId: String,
    by: Schema.Types.Mixed,
    until: Date,
    usedAt: Date,
  },
  { collection: 'tickets', versionKey: false },
)
// Used or not: an hour after its time nobody asks for it any more.
schema.index({ until: 1 }, { expireAfterSeconds: 3_600 })

const row = z.object({ act: z.literal('show-secret'), grantId: z.string(), by: personRef })

export const ticketModel = (connection: Connection) => connection.model('Ticket', schema)

/** Of the token only its hash is kept: who reads the database has no link. */
export function mongoTickets(connection: Connection): TicketStore {
  const model = ticketModel(connection)
  const good = (token: string) => ({
    _id: hashOf(token),
    usedAt: null,
    $expr: { $gt: ['$until', '$$NOW'] },
  })
  const read = (found: unknown) => (found === null ? null : row.parse(found))
  return {
    make: async ({ act, grantId, by }, forMs) => {
      const token = randomBytes(32).toString('base64url')
      aboutToWrite()
      await model.findOneAndUpdate(
        { _id: hashOf(token) },
        [
          {
            $set: {
              act: { $literal: act },
              grantId: { $literal: grantId },
              by: { $literal: by },
              until: { $add: ['$$NOW', forMs] },
              usedAt: null,
            },
          },
        ],
        { upsert: true, updatePipeline: true },
      )
      return token
    },
    look: async (token) => read(await model.findOne(good(token)).lean()),
    use: async (token) => {
      aboutToWrite()
      const used = [{ $set: { usedAt: '$$NOW' } }]
      return read(await model.findOneAndUpdate(good(token), used, { updatePipeline: true }).lean())
    },
    giveBack: async (token) => {
      aboutToWrite()
      await model.updateOne({ _id: hashOf(token) }, { $set: { usedAt: null } })
    },
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
