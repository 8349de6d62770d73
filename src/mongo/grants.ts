import { Schema, type Connection } from 'mongoose'
import { MongoServerError } from 'mongodb'
import { z } from 'zod'
import { grantSchema, isOpen, openStatuses, personRef, slotOf, type Grant } from '../domain/grant.ts'
import {
  type AskedRow,
  type Clock,
  type FailedRow,
  type GrantStore,
  type HeldRow,
  type LatestRow,
  type Log,
  type StandingRow,
} from '../domain/ports.ts'
import { isRefusal } from '../domain/refusal.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { lastUses, lastUseIndex } from './last-uses.ts'
import { readEach } from './readable.ts'
import { byId, together, updateEach } from './together.ts'

/** As stored: the grant, its id as `_id`, and for the indexes whether it is unfinished and asked for, and its slot. */
interface Stored {
  _id: string
  revision: number
  isOpen: boolean
  isAsked: boolean
  slot: string
  dueAt: Date | null
  unshown: boolean
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
schema.index({ requestedAt: 1 }, { partialFilterExpression: { isAsked: true }, name: 'asked_since' })
schema.index(
  { closedAt: 1 },
  { partialFilterExpression: { isAsked: true, closedAt: { $type: 'date' } }, name: 'closed_since' },
)
schema.index(
  { 'reviews.at': 1 },
  { partialFilterExpression: { isAsked: true, 'reviews.at': { $exists: true } }, name: 'answered_since' },
)
schema.index({ isOpen: 1, status: 1, requestedAt: 1 }, { partialFilterExpression: { isOpen: true } })
schema.index(
  { alertedAt: 1 },
  { partialFilterExpression: { isOpen: true, alertedAt: { $type: 'date' } }, name: 'late' },
)
schema.index(lastUseIndex, { partialFilterExpression: { isOpen: false }, name: 'last_use' })

const dueRow = z.object({
  _id: z.string(),
  status: z.enum(grantSchema.options.map((option) => option.shape.status.value)),
  system: z.string(),
  dueAt: z.date(),
})

const standingFields = {
  ...{ status: 1, 'subject.id': 1, 'resource.id': 1, 'entitlement.id': 1 },
  ...{ 'place.principal': 1, canonical: 1 },
} as const

const standingRow = z
  .object({
    _id: z.string(),
    status: dueRow.shape.status,
    subject: z.object({ id: z.string() }),
    resource: z.object({ id: z.string() }),
    entitlement: z.object({ id: z.string() }),
    place: z.object({ principal: z.string() }),
    canonical: z.string(),
  })
  .transform(({ _id, status, subject, resource, entitlement, place, canonical }): StandingRow => ({
    ...{ id: _id, status, subjectId: subject.id, resource: resource.id, entitlement: entitlement.id },
    ...{ principal: place.principal, canonical },
  }))

const failedRow = z
  .object({ subject: z.object({ name: z.string() }), endedAt: z.date(), endNote: z.string().nullable() })
  .transform(({ subject, endedAt, endNote }) => ({ name: subject.name, endedAt, why: endNote ?? '' }))

const heldStatuses = ['waiting', 'recurring', 'granting', 'active'] as const

const heldFields = {
  status: 1,
  subject: 1,
  resource: 1,
  entitlement: 1,
  system: 1,
  place: 1,
  durationMs: 1,
  endsAt: 1,
  'extensions.outcome': 1,
  'extensions.addMs': 1,
  reason: 1,
  isStanding: 1,
  isBreakGlass: 1,
  auto: 1,
  window: 1,
  opensAt: 1,
  next: 1,
  giveAt: 1,
} as const

const latestFields = { _id: 0, requestedAt: 1, 'resource.id': 1, 'entitlement.id': 1, status: 1 } as const

const latestRow = z
  .object({
    resource: z.object({ id: z.string() }),
    entitlement: z.object({ id: z.string() }),
    requestedAt: z.date(),
    status: dueRow.shape.status,
  })
  .transform(({ resource, entitlement, requestedAt, status }): LatestRow => ({
    resource: resource.id,
    entitlement: entitlement.id,
    requestedAt,
    status,
  }))

const askedFields = {
  ...{ status: 1, resource: 1, entitlement: 1, subject: 1, requester: 1, askedMs: 1, reason: 1 },
  ...{ requestedAt: 1, asker: 1, auto: 1, pattern: 1, isBreakGlass: 1, approvedAt: 1, closedAt: 1 },
  ...{ 'reviews.by': 1, 'reviews.verdict': 1, 'reviews.at': 1, 'reviews.preApprovalId': 1 },
} as const

/** Of each kind of what happened to requests. */
const mostOfADay = 20_000

const named = z.object({ id: z.string(), name: z.string() })

const [asked] = grantSchema.options
const { place } = grantSchema.options[4].shape

const heldRow = z
  .object({
    _id: z.string(),
    status: z.enum(heldStatuses),
    subject: personRef,
    resource: named,
    entitlement: named,
    system: z.string(),
    place: place,
    durationMs: z.number(),
    endsAt: z.date(),
    extensions: z.array(z.object({ outcome: z.string(), addMs: z.number() })).default([]),
    reason: z.string(),
    isStanding: asked.shape.isStanding,
    isBreakGlass: asked.shape.isBreakGlass,
    auto: asked.shape.auto,
    window: asked.shape.window,
    opensAt: z.date().nullish(),
    next: z.object({ opensAt: z.date() }).nullish(),
    giveAt: z.date().nullish(),
  })
  .transform(({ _id: id, opensAt, next, giveAt, window, ...row }): HeldRow => ({
    ...row,
    id,
    // A series is fitted into the catalog's windows as a whole, as each of its windows is.
    window: row.status === 'recurring' ? { seriesId: id, index: 0 } : window,
    opensAt: opensAt ?? next?.opensAt ?? (row.status === 'granting' ? (giveAt ?? null) : null),
  }))

const askedRow = z
  .object({
    _id: z.string(),
    status: dueRow.shape.status,
    ...{ resource: named, entitlement: named, subject: personRef, requester: personRef },
    ...{ askedMs: z.number(), reason: z.string(), requestedAt: z.date() },
    asker: grantSchema.options[0].shape.asker,
    auto: z.object({ because: z.string() }).nullish(),
    pattern: z.unknown(),
    isBreakGlass: z.boolean().default(false),
    reviews: z.array(
      z.object({
        by: personRef,
        verdict: z.enum(['approve', 'deny']),
        at: z.date(),
        preApprovalId: z.string().nullable().default(null),
      }),
    ),
    approvedAt: z.date().nullish(),
    closedAt: z.date().nullish(),
  })
  .transform(({ _id: id, auto, pattern, approvedAt, closedAt, ...row }): AskedRow => ({
    ...row,
    ...{ id, because: auto?.because ?? null, isSeries: pattern != null },
    ...{ approvedAt: approvedAt ?? null, closedAt: closedAt ?? null },
  }))

export const grantModel = (connection: Connection) => connection.model<Stored>('Grant', schema)

export const askedFilter = (since: Date) => ({ isAsked: true, requestedAt: { $gte: since } })

/** What happened to requests in this time, each by an index of its own. */
export const dayFilters = ({ from, to }: { from: Date; to: Date }) => {
  const within = { $gte: from, $lt: to }
  return [
    { isAsked: true, requestedAt: within },
    { isAsked: true, closedAt: { ...within, $type: 'date' as const } },
    { isAsked: true, 'reviews.at': { $exists: true }, reviews: { $elemMatch: { at: within } } },
  ]
}

/** `dueAt` with its type: without it the partial index would not serve. */
export const dueFilter = (before: Date) => ({ dueAt: { $type: 'date', $lte: before } as const })

export function mongoGrants(connection: Connection, clock: Pick<Clock, 'now'>, log?: Log): GrantStore {
  const model = grantModel(connection)
  const collection = collectionOf<Stored>(connection, 'grants')
  const listeners = new Set<(grant: Grant) => void>()
  const readable = <T>(docs: readonly unknown[], read: (doc: unknown) => T | null): T[] =>
    readEach(docs, read, { what: 'grant', log })
  const wrote = (grant: Grant): Grant => {
    for (const listener of listeners) listener(grant)
    return grant
  }
  const get = together(async (ids: readonly string[]) => {
    const found = await byId(collection, ids)
    return ids.map((id) => parsed(found.get(id)))
  })
  /** Whether it was still at the revision that was read. */
  const replace = together((changes: readonly { from: Grant; to: Grant }[]) =>
    updateEach(
      collection,
      changes.map(({ from, to }) => ({
        filter: { _id: from.id, revision: from.revision },
        pipeline: [{ $replaceWith: { $mergeObjects: [{ $literal: toStored(to) }, { marks: '$marks' }] } }],
      })),
    ),
  )
  /** As it was written, or null when the grant had moved on meanwhile. */
  const write = async (from: Grant, next: Grant): Promise<Grant | null> => {
    const to = { ...next, revision: from.revision + 1 }
    aboutToWrite()
    return (await replace({ from, to })) ? wrote(to) : null
  }
  const find = async (filter: Record<string, unknown>, sort: Record<string, 1 | -1> = {}, limit = 0) =>
    readable(await model.find(filter).sort(sort).limit(limit).lean(), parse)

  return {
    insert: async (grant) => {
      aboutToWrite()
      try {
        await collection.insertOne(toStored(grant))
        return { outcome: 'inserted', grant: wrote(grant) }
      } catch (error) {
        if (!isDuplicate(error)) throw error
        const [again] = await find({ requestId: grant.requestId, line: grant.line })
        if (again) return { outcome: 'exists', grant: again }
        const [open] = await find(
          inSlot(grant.subject.id, grant.resource.id, grant.entitlement.id, slotOf(grant)),
        )
        return { outcome: 'open', grant: open ?? grant }
      }
    },
    get,
    change: async (id, decide, seen) => {
      if (seen) {
        const next = decide(seen, clock.now())
        const written = isRefusal(next) || next === seen ? null : await write(seen, next)
        if (written) return written
      }
      for (;;) {
        const grant = await get(id)
        if (grant === null) throw new Error(`there is no grant ${id}`)
        const next = decide(grant, clock.now())
        if (isRefusal(next) || next === grant) return next
        const written = await write(grant, next)
        if (written) return written
      }
    },
    due: async (before, limit, butSystems = []) => {
      const but = butSystems.length > 0 ? { system: { $nin: [...butSystems] } } : {}
      const rows = await model
        .find({ ...dueFilter(before), ...but }, { status: 1, system: 1, dueAt: 1 })
        .sort({ dueAt: 1 })
        .limit(limit)
        .lean()
      return readable(rows, (row) => {
        const { _id: id, ...due } = dueRow.parse(row)
        return { id, ...due }
      })
    },
    byRequest: (requestId) => find({ requestId }, { line: 1 }),
    openOf: (subjectId) => find({ 'subject.id': subjectId, isOpen: true }),
    openFor: async ({ subjectId, resource, entitlement, slot }) =>
      (await find(inSlot(subjectId, resource, entitlement, slot)))[0] ?? null,
    latestOf: (subjectId, limit) =>
      find({ 'subject.id': subjectId, isAsked: true }, { requestedAt: -1 }, limit),
    latestRowsOf: async (subjectId, limit) => {
      const rows = await collection
        .find({ 'subject.id': subjectId, isAsked: true }, { projection: latestFields })
        .sort({ requestedAt: -1 })
        .limit(limit)
        .toArray()
      return readable(rows, (row) => latestRow.parse(row))
    },
    requestsSince: async (requesterId, since) => {
      const ids = await collection.distinct('requestId', {
        'requester.id': requesterId,
        requestedAt: { $gte: since },
        isAsked: true,
      })
      return z.array(z.string()).parse(ids)
    },
    held: async () => {
      const rows = await collection
        .find<{ _id: string }>({ isOpen: true, status: { $in: heldStatuses } }, { projection: heldFields })
        .toArray()
      return readable(rows, (row) => heldRow.parse(row))
    },
    standing: async () => {
      const rows = await model
        .find({ slot: 'standing', isOpen: true }, standingFields)
        .lean<{ _id: string }[]>()
      return readable(rows, (row) => standingRow.parse(row))
    },
    standingFailed: async (since) => {
      const rows = await model
        .find(
          { slot: 'standing', isOpen: false, endedAt: { $gt: since }, cause: 'failed' },
          { ...standingFields, 'subject.name': 1, endedAt: 1, endNote: 1 },
        )
        .sort({ endedAt: -1 })
        .lean<{ _id: string }[]>()
      return readable(rows, (row): FailedRow => ({ ...standingRow.parse(row), ...failedRow.parse(row) }))
    },
    askedSince: async (since, limit) => {
      const rows = await model
        .find(askedFilter(since), askedFields)
        .sort({ requestedAt: -1 })
        .limit(limit)
        .lean<{ _id: string }[]>()
      return readable(rows, (row) => askedRow.parse(row)).reverse()
    },
    askedOrAnswered: async (within) => {
      // First, so that what is answered meanwhile is seen once at least; and as it was seen last.
      const pending = await model
        .find({ isOpen: true, status: 'pending', isAsked: true }, askedFields)
        .sort({ requestedAt: 1 })
        .limit(mostOfADay)
        .lean<{ _id: string }[]>()
      const day = await Promise.all(
        dayFilters(within).map((filter) =>
          model.find(filter, askedFields).limit(mostOfADay).lean<{ _id: string }[]>(),
        ),
      )
      const newest = new Map([...pending, ...day.flat()].map((row) => [row._id, row]))
      return readable([...newest.values()], (row) => askedRow.parse(row)).sort(byAge)
    },
    lastUses: () => lastUses(connection, clock.now()),
    pending: async (limit) => {
      const found = await find({ isOpen: true, status: 'pending' }, { requestedAt: 1 }, limit)
      return found.flatMap((grant) => (grant.status === 'pending' ? grant : []))
    },
    owed: () =>
      find({ isOpen: true, status: { $in: openStatuses.filter((status) => status !== 'pending') } }),
    late: () =>
      find(
        { isOpen: true, status: { $in: ['granting', 'revoking'] }, alertedAt: { $type: 'date' } },
        { alertedAt: 1 },
        1_000,
      ),
    unshown: (limit) => find({ unshown: true }, {}, limit),
    shown: async (id, revision) => {
      await model.updateOne({ _id: id, revision }, { $set: { unshown: false } })
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const byAge = (one: AskedRow, other: AskedRow): number =>
  one.requestedAt.getTime() - other.requestedAt.getTime()

const isDuplicate = (error: unknown): boolean => error instanceof MongoServerError && error.code === 11000

const inSlot = (subjectId: string, resource: string, entitlement: string, slot: string) => ({
  'subject.id': subjectId,
  'resource.id': resource,
  'entitlement.id': entitlement,
  slot,
  isOpen: true,
})

function toStored(grant: Grant): Stored & Record<string, unknown> {
  const { id, ...rest } = grant
  return {
    _id: id,
    ...rest,
    isOpen: isOpen(grant),
    isAsked: grant.window === null && !grant.isStanding,
    slot: slotOf(grant),
  }
}

function parsed(stored: unknown): Grant | null | Error {
  try {
    return parse(stored ?? null)
  } catch (error) {
    return error instanceof Error ? error : new Error('a grant cannot be read', { cause: error })
  }
}

const withId = z.looseObject({ _id: z.string() })

function parse(stored: unknown): Grant | null {
  if (stored === null) return null
  const { _id: id, ...rest } = withId.parse(stored)
  return grantSchema.parse({ id, ...rest })
}
