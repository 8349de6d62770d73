import { Schema, type Connection } from 'mongoose'
import { z } from 'zod'
import { grantSchema, isOpen, slotOf, type Grant } from '../domain/grant.ts'
import type { Log } from '../domain/ports/log.ts'
import { UnknownRecord } from '../domain/unknown-record.ts'
import { lastUseIndex } from './last-uses.ts'
import { collectionOf } from './connection.ts'
import { FirstReadable } from './first-readable.ts'
import { readEach } from './readable.ts'

/** As stored: the grant, its id as `_id`, and for the indexes whether it is unfinished and asked for, and its slot. */
export interface Stored {
  _id: string
  revision: number
  isOpen: boolean
  isAsked: boolean
  slot: string
  dueAt: Date | null
  unshown: boolean
  /** Its history grew, and the chain does not say so yet. */
  unrecorded: boolean
}

const schema = new Schema<Stored>(
  {
    _id: String,
    revision: Number,
    isOpen: Boolean,
    isAsked: Boolean,
    slot: String,
    dueAt: Date,
    unshown: Boolean,
    unrecorded: Boolean,
  },
  { collection: 'grants', strict: false, versionKey: false, minimize: false },
)

schema.index({ requestId: 1, line: 1 }, { unique: true })
schema.index(
  { 'subject.id': 1, 'resource.id': 1, 'entitlement.id': 1, slot: 1 },
  { unique: true, partialFilterExpression: { isOpen: true }, name: 'one_open_a_slot' },
)
schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } }, name: 'due' })
schema.index({ unshown: 1 }, { partialFilterExpression: { unshown: true } })
schema.index({ unrecorded: 1, _id: 1 }, { partialFilterExpression: { unrecorded: true } })
// With all that `latestRowsOf` returns, so that it reads no grant.
schema.index(
  { 'subject.id': 1, requestedAt: -1, isAsked: 1, 'resource.id': 1, 'entitlement.id': 1, status: 1 },
  { partialFilterExpression: { isAsked: true }, name: 'asked_latest' },
)
schema.index(
  { slot: 1, isOpen: 1, endedAt: 1 },
  { partialFilterExpression: { slot: 'standing' }, name: 'standing' },
)
schema.index(
  { 'requester.id': 1, requestedAt: 1, requestId: 1 },
  { partialFilterExpression: { isAsked: true }, name: 'asked_by' },
)
schema.index({ cause: 1, endsAt: 1 }, { partialFilterExpression: { cause: 'unfit' }, name: 'cut_as_unfit' })
schema.index({ requestedAt: 1 }, { partialFilterExpression: { isAsked: true }, name: 'asked_since' })
schema.index(
  { closedAt: 1 },
  { partialFilterExpression: { isAsked: true, closedAt: { $type: 'date' } }, name: 'closed_since' },
)
schema.index(
  { 'reviews.at': 1 },
  { partialFilterExpression: { isAsked: true, 'reviews.at': { $exists: true } }, name: 'answered_since' },
)
schema.index({ endedAt: 1 }, { partialFilterExpression: { cause: 'offboarded' }, name: 'ended_by_leaving' })
schema.index({ isOpen: 1, status: 1, requestedAt: 1 }, { partialFilterExpression: { isOpen: true } })
schema.index(
  { alertedAt: 1 },
  { partialFilterExpression: { isOpen: true, alertedAt: { $type: 'date' } }, name: 'late' },
)
schema.index(
  { 'resource.id': 1, channel: 1, alertedAt: 1 },
  { partialFilterExpression: { isOpen: true, alertedAt: { $type: 'date' } }, name: 'late_there' },
)

schema.index(lastUseIndex, { partialFilterExpression: { isOpen: false }, name: 'last_use' })

export const grantModel = (connection: Connection) => connection.model<Stored>('Grant', schema)

/** What is read of grants by the first so many. */
export const readableGrants = (connection: Connection, log: Log | undefined): FirstReadable<Stored> =>
  new FirstReadable(collectionOf<Stored>(connection, 'grants'), parseOne, { what: 'grant', log })

/** Finds whole grants; one that cannot be read hides no other, nor takes its place among so many. */
export function finding(
  connection: Connection,
  log: Log | undefined,
  readable: FirstReadable<Stored> = readableGrants(connection, log),
) {
  const model = grantModel(connection)
  return async (filter: Record<string, unknown>, sort: Record<string, 1 | -1> = {}, limit = 0) => {
    if (limit > 0) return readable.first(filter, { limit, sort }, parseOne)
    const rows = await model.find(filter).sort(sort).batchSize(batchSize).lean()
    return readEach(rows, parse, { what: 'grant', log })
  }
}

export function toStored(grant: Grant): Stored & Record<string, unknown> {
  const { id, ...rest } = grant
  return {
    _id: id,
    ...rest,
    isOpen: isOpen(grant),
    isAsked: grant.window === null && !grant.isStanding,
    slot: slotOf(grant),
    unrecorded: true,
  }
}

export function parsed(stored: unknown): Grant | null | Error {
  try {
    return parse(stored ?? null)
  } catch (error) {
    return new UnknownRecord('a grant cannot be read', { cause: error })
  }
}

/** What hundreds of people hold comes in one answer. */
const batchSize = 1_000

const withId = z.looseObject({ _id: z.string() })

const parse = (stored: unknown): Grant | null => (stored === null ? null : parseOne(stored))

function parseOne(stored: unknown): Grant {
  const { _id: id, ...rest } = withId.parse(stored)
  return grantSchema.parse({ id, ...rest })
}
