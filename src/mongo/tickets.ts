import { createHash, randomBytes } from 'node:crypto'
import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../domain/person-ref.ts'
import type { Ticket, TicketStore } from '../domain/ports/tickets.ts'
import { patternSchema } from '../domain/windows/pattern.ts'
import { aboutToWrite } from '../domain/writes.ts'

const schema = new Schema(
  {
    _id: String,
    act: String,
    grantId: String,
    what: Schema.Types.Mixed,
    terms: String,
    isProven: Boolean,
    by: Schema.Types.Mixed,
    until: Date,
    usedAt: Date,
    missed: Number,
    attempt: Schema.Types.Mixed,
  },
  { collection: 'tickets', versionKey: false },
)
// Used or not: an hour after its time nobody asks for it any more.
schema.index({ until: 1 }, { expireAfterSeconds: 3_600 })

const device = z.object({ id: z.string() }).nullish()
const wanted = z.object({ resource: z.string(), entitlement: z.string() })
const confirmable = z.discriminatedUnion('kind', [
  wanted.extend({ kind: z.literal('open-session'), device }),
  z.object({ kind: z.literal('renew-session'), grantId: z.string(), seenEndsAt: z.date() }),
  z.object({
    kind: z.literal('approve'),
    answers: z.array(
      z.object({
        grantId: z.string(),
        terms: z.string(),
        note: z.string().nullable(),
        durationMs: z.number().nullable(),
        aheadUntil: z.date().nullable(),
      }),
    ),
  }),
  z.object({ kind: z.literal('extend'), grantId: z.string(), seenEndsAt: z.date() }),
  z.object({ kind: z.literal('more-time'), grantId: z.string(), askedAt: z.date() }),
  z.object({
    kind: z.literal('ask'),
    requestId: z.string(),
    wanted: z.array(wanted),
    device,
    holder: personRef.nullable(),
    durationMs: z.number(),
    startsAt: z.date().nullable(),
    recurrence: patternSchema.omit({ durationMs: true }).nullable(),
    reason: z.string(),
  }),
  wanted.extend({
    kind: z.literal('break-glass'),
    requestId: z.string(),
    durationMs: z.number(),
    reason: z.string(),
    typed: z.string(),
  }),
])
const row = z.discriminatedUnion('act', [
  z.object({ act: z.literal('show-secret'), grantId: z.string(), by: personRef }),
  z.object({ act: z.literal('confirm'), by: personRef, what: confirmable, terms: z.string() }),
  z.object({ act: z.literal('enrol'), by: personRef, isProven: z.boolean() }),
]) satisfies z.ZodType<Ticket>
const attempted = z.object({
  attempt: z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), browser: z.string() }),
})
const counted = z.object({ missed: z.number() })

const mostMissed = 5

export const ticketModel = (connection: Connection) => connection.model('Ticket', schema)

/** Of the token only its hash is kept: who reads the database has no link. */
export function mongoTickets(connection: Connection): TicketStore {
  const model = ticketModel(connection)
  const good = (token: string) => ({
    _id: ticketHash(token),
    usedAt: null,
    missed: { $lt: mostMissed },
    $expr: { $gt: ['$until', '$$NOW'] },
  })
  const read = (found: unknown) => (found === null ? null : row.parse(found))
  return {
    make: async (ticket, forMs) => {
      const token = randomBytes(32).toString('base64url')
      aboutToWrite()
      const until = { $add: ['$$NOW', forMs] }
      await model.findOneAndUpdate(
        { _id: ticketHash(token) },
        [
          {
            $replaceWith: {
              $mergeObjects: ['$$ROOT', { $literal: ticket }, { until, usedAt: null, missed: 0 }],
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
      await model.updateOne({ _id: ticketHash(token) }, { $set: { usedAt: null } })
    },
    miss: async (token) => {
      aboutToWrite()
      const found = await model
        .findOneAndUpdate({ _id: ticketHash(token) }, { $inc: { missed: 1 } }, { returnDocument: 'after' })
        .lean()
      return found === null ? 0 : Math.max(0, mostMissed - counted.parse(found).missed)
    },
    leave: async (token, attempt) => {
      aboutToWrite()
      await model.updateOne(good(token), { $set: { attempt } })
    },
    comeBack: async (token) => {
      aboutToWrite()
      const found = await model
        .findOneAndUpdate({ ...good(token), attempt: { $type: 'object' } }, { $unset: { attempt: 1 } })
        .lean()
      return found === null ? null : attempted.parse(found).attempt
    },
    endEnrolling: async (personId) => {
      aboutToWrite()
      const used = [{ $set: { usedAt: '$$NOW' } }]
      await model.updateMany({ act: 'enrol', 'by.id': personId, usedAt: null }, used, {
        updatePipeline: true,
      })
    },
  }
}

/** By which a ticket is named where it must not be had. */
export const ticketHash = (token: string): string => createHash('sha256').update(token).digest('base64url')
