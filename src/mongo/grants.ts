import type { Connection } from 'mongoose'
import { MongoError, MongoServerError } from 'mongodb'
import { z } from 'zod'
import { slotOf, type Grant } from '../domain/grant.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { FailedRow, GrantStore } from '../domain/ports/grants.ts'
import type { Log } from '../domain/ports/log.ts'
import { isRefusal } from '../domain/refusal.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { finding, grantModel, parsed, toStored, type Stored } from './grant-model.ts'
import {
  dueRow,
  failedRow,
  heldFields,
  heldRow,
  heldStatuses,
  latestFields,
  latestRow,
  standingFields,
  standingRow,
} from './grant-rows.ts'
import { readEach } from './readable.ts'
import { byId, together, updateEach } from './together.ts'

/** `dueAt` with its type: without it the partial index would not serve. */
export const dueFilter = (before: Date) => ({ dueAt: { $type: 'date', $lte: before } as const })

/** Written only where it is still at the revision that was read. */
const compareAndSet = ({ from, to }: { from: Grant; to: Grant }) => ({
  filter: { _id: from.id, revision: from.revision },
  pipeline: [{ $replaceWith: { $mergeObjects: [{ $literal: toStored(to) }, { marks: '$marks' }] } }],
})

/** Source: MongoDB manual, "TransientTransactionError": the whole transaction may be tried again. */
const isTransient = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')

const mostTries = 5

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
    updateEach(collection, changes.map(compareAndSet)),
  )
  /** As it was written, or null when the grant had moved on meanwhile. */
  const write = async (from: Grant, next: Grant): Promise<Grant | null> => {
    const to = { ...next, revision: from.revision + 1 }
    aboutToWrite()
    return (await replace({ from, to })) ? wrote(to) : null
  }
  /** Both or neither; false when the other had moved on meanwhile. */
  const insertInstead = async (grant: Grant, change: { from: Grant; to: Grant }): Promise<boolean> => {
    const { filter, pipeline } = compareAndSet(change)
    for (let tries = 1; ; tries++) {
      const session = await connection.startSession()
      try {
        session.startTransaction()
        const { matchedCount } = await collection.updateOne(filter, pipeline, { session })
        if (matchedCount === 0) return false
        await collection.insertOne(toStored(grant), { session })
        await session.commitTransaction()
        return true
      } catch (error) {
        // Something else is writing to the other in this very moment.
        if (!isTransient(error) || tries === mostTries) throw error
      } finally {
        // Ends what is not committed.
        await session.endSession()
      }
    }
  }
  const find = finding(connection, log)

  return {
    insert: async (grant, replaced = null) => {
      const withdrawn = replaced && { ...replaced.to, revision: replaced.from.revision + 1 }
      aboutToWrite()
      try {
        if (replaced === null || withdrawn === null) await collection.insertOne(toStored(grant))
        else if (await insertInstead(grant, { from: replaced.from, to: withdrawn })) wrote(withdrawn)
        else return { outcome: 'open', grant: (await get(withdrawn.id)) ?? withdrawn }
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
    pending: async (limit) => {
      const found = await find({ isOpen: true, status: 'pending' }, { requestedAt: 1 }, limit)
      return found.flatMap((grant) => (grant.status === 'pending' ? grant : []))
    },
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

const isDuplicate = (error: unknown): boolean => error instanceof MongoServerError && error.code === 11000

const inSlot = (subjectId: string, resource: string, entitlement: string, slot: string) => ({
  'subject.id': subjectId,
  'resource.id': resource,
  'entitlement.id': entitlement,
  slot,
  isOpen: true,
})
