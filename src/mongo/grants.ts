import type { Connection } from 'mongoose'
import { MongoServerError } from 'mongodb'
import { z } from 'zod'
import { boundedMap } from '../bounded-map.ts'
import { resumeKey } from '../domain/new-grant.ts'
import { openStatuses, slotOf, type Grant, type Pending } from '../domain/grant.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { FailedRow, GrantListener, GrantStore, Inserted } from '../domain/ports/grants.ts'
import type { Log } from '../domain/ports/log.ts'
import { isRefusal } from '../domain/refusal.ts'
import { UnknownRecord } from '../domain/unknown-record.ts'
import { aboutToWrite } from '../domain/writes.ts'
import { collectionOf } from './connection.ts'
import { finding, grantModel, parsed, readableGrants, toStored, type Stored } from './grant-model.ts'
import {
  cutFields,
  cutRow,
  dueRow,
  failedRow,
  fitFields,
  fitRow,
  heldFields,
  heldRow,
  heldStatuses,
  latestFields,
  latestRow,
  pendingRow,
  revisionRow,
  standingFields,
  standingRow,
} from './grant-rows.ts'
import { readEach } from './readable.ts'
import { byId, together, updateEach } from './together.ts'

/** `dueAt` with its type: without it the partial index would not serve. */
export const dueFilter = (before: Date) => ({ dueAt: { $type: 'date', $lte: before } as const })

/** What a write of the grant leaves as it is. */
const kept = { marks: '$marks', successor: '$successor', recorded: '$recorded' }
/** What did not grow is recorded, or waits to be, as before. */
const keptUnless = (from: Grant, to: Grant) =>
  to.history.length > from.history.length ? kept : { ...kept, unrecorded: '$unrecorded' }

/** Written only where it is still at the revision that was read. */
const compareAndSet = ({ from, to }: { from: Grant; to: Grant }) => ({
  filter: { _id: from.id, revision: from.revision },
  pipeline: [{ $replaceWith: { $mergeObjects: [{ $literal: toStored(to) }, keptUnless(from, to)] } }],
})

const mostPendingKnown = 5_000
const pendingKnownMs = 60_000

/** A write takes no longer; whoever finds it due then finishes what another process began. */
const finishAfterMs = 5_000

interface Leaving extends Stored {
  readonly successor: Stored
}

export function mongoGrants(connection: Connection, clock: Pick<Clock, 'now'>, log?: Log): GrantStore {
  const model = grantModel(connection)
  const collection = collectionOf<Stored>(connection, 'grants')
  const listeners = new Set<GrantListener>()
  const readable = <T>(docs: readonly unknown[], read: (doc: unknown) => T | null): T[] =>
    readEach(docs, read, { what: 'grant', log })
  /** What nobody here can settle nor show stays due, and hides no other. */
  const known = readableGrants(connection, log)
  const wrote = (grant: Grant, before: Grant | null): Grant => {
    for (const listener of listeners) listener(grant, before)
    return grant
  }
  const get = together(async (ids: readonly string[]) => {
    const found = await byId(collection, ids)
    return ids.map((id) => {
      const grant = parsed(found.get(id))
      if (grant instanceof Error) known.note(id)
      else known.forget(id)
      return grant
    })
  })
  /** Whether it was still at the revision that was read. */
  const replace = together((changes: readonly { from: Grant; to: Grant }[]) =>
    updateEach(collection, changes.map(compareAndSet)),
  )
  const noteShown = together(async (shown: readonly { id: string; revision: number }[]) => {
    const operations = shown.map(({ id: _id, revision }) => ({
      updateOne: { filter: { _id, revision }, update: { $set: { unshown: false } } },
    }))
    const { matchedCount } = await collection.bulkWrite(operations, { ordered: false })
    if (matchedCount === shown.length) return shown.map(() => true)
    const found = await byId(
      collection,
      shown.map(({ id }) => id),
      { revision: 1 },
    )
    return shown.map(({ id, revision }) => found.get(id)?.['revision'] === revision)
  })
  /** As it was written, or null when the grant had moved on meanwhile. */
  const write = async (from: Grant, next: Grant): Promise<Grant | null> => {
    const to = { ...next, revision: from.revision + 1 }
    aboutToWrite()
    return (await replace({ from, to })) ? wrote(to, from) : null
  }
  /**
   * The one is withdrawn in one write with what takes its place, which is then written by itself: whoever finds it due
   * writes it, if this process dies in between. No transaction: that of a process that was killed keeps its locks for a
   * minute. False when the other had moved on meanwhile.
   */
  const insertInstead = async (grant: Grant, { from, to }: { from: Grant; to: Grant }): Promise<boolean> => {
    const successor = toStored(grant)
    const leaving = { ...toStored(to), dueAt: new Date(clock.now().getTime() + finishAfterMs), successor }
    const { matchedCount } = await collection.updateOne({ _id: from.id, revision: from.revision }, [
      { $replaceWith: { $mergeObjects: [{ $literal: leaving }, kept] } },
    ])
    if (matchedCount === 0) return false
    await writeSuccessor(to.id, successor)
    return true
  }
  /** Throws where something else took its place in this very moment. */
  const writeSuccessor = async (of: string, successor: Stored): Promise<void> => {
    const done = () =>
      collection.updateOne(
        { _id: of, 'successor._id': successor._id },
        { $unset: { successor: '' }, $set: { dueAt: null } },
      )
    try {
      await collection.insertOne(successor)
    } catch (error) {
      if (isDuplicate(error)) await done()
      throw error
    }
    await done()
  }
  const find = finding(connection, log, known)
  const outcomeOfDuplicate = async (grant: Grant): Promise<Inserted> => {
    const [again] = await find({ requestId: grant.requestId, line: grant.line })
    // The very same: somebody else finished writing it.
    if (again) return { outcome: again.id === grant.id ? 'inserted' : 'exists', grant: again }
    const [open] = await find(
      inSlot(grant.subject.id, grant.resource.id, grant.entitlement.id, slotOf(grant)),
    )
    return { outcome: 'open', grant: open ?? grant }
  }

  /** Hundreds that wait are listed for whoever opens their Home tab: each is read again only where it was written since. */
  const lastPending = boundedMap<Pending>(mostPendingKnown, { ttl: pendingKnownMs })
  const knownPending = ({ _id: id, revision, unshown }: Pick<Stored, '_id' | 'revision' | 'unshown'>) => {
    const grant = lastPending.get(id)
    return grant?.revision === revision && grant.unshown === unshown ? ([id, grant] as const) : null
  }

  const standingEnded = async (
    cause: 'failed' | 'unfit',
    since: Date,
    of?: readonly string[],
  ): Promise<FailedRow[]> => {
    const rows = await model
      .find(
        { slot: 'standing', isOpen: false, endedAt: { $gt: since }, cause, ...subjectAmong(of) },
        { ...standingFields, 'subject.name': 1, endedAt: 1, endNote: 1 },
      )
      .sort({ endedAt: -1 })
      .lean<{ _id: string }[]>()
    return readable(rows, (row): FailedRow => ({ ...standingRow.parse(row), ...failedRow.parse(row) }))
  }
  return {
    insert: async (grant, replaced = null) => {
      const withdrawn = replaced && { ...replaced.to, revision: replaced.from.revision + 1 }
      aboutToWrite()
      try {
        if (replaced === null || withdrawn === null) await collection.insertOne(toStored(grant))
        else if ((await find({ requestId: grant.requestId, line: grant.line })).length > 0)
          return await outcomeOfDuplicate(grant)
        else if (await insertInstead(grant, { from: replaced.from, to: withdrawn }))
          wrote(withdrawn, replaced.from)
        else return { outcome: 'open', grant: (await get(withdrawn.id)) ?? withdrawn }
        return { outcome: 'inserted', grant: wrote(grant, null) }
      } catch (error) {
        if (!isDuplicate(error)) throw error
        return outcomeOfDuplicate(grant)
      }
    },
    finishReplacing: async (id) => {
      const row = await model.findOne({ _id: id, successor: { $exists: true } }).lean<Leaving>()
      if (row === null) return
      try {
        await writeSuccessor(id, row.successor)
      } catch (error) {
        if (!isDuplicate(error)) throw error
      }
      // Whoever wrote it may have died before they told of it; once it moved on somebody did.
      const written = await get(row.successor._id)
      if (written?.revision === 0) wrote(written, null)
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
        if (grant === null) throw new UnknownRecord(`there is no grant ${id}`)
        const next = decide(grant, clock.now())
        if (isRefusal(next) || next === grant) return next
        const written = await write(grant, next)
        if (written) return written
      }
    },
    due: async (before, limit, { but: others = [], only } = {}) => {
      const one = only === undefined ? {} : { system: only }
      const but = others.length > 0 ? { system: { $nin: [...others] } } : one
      const projection = { status: 1, system: 1, dueAt: 1, endsAt: 1 }
      return known.first(
        { ...dueFilter(before), ...but },
        { limit, sort: { dueAt: 1 }, projection },
        (row) => {
          const { _id: id, ...due } = dueRow.parse(row)
          return { id, ...due }
        },
      )
    },
    byRequest: (requestId) => find({ requestId }, { line: 1 }),
    openOf: (subjectId) => find({ 'subject.id': subjectId, isOpen: true }),
    openFor: async ({ subjectId, resource, entitlement, slot }) =>
      (await find(inSlot(subjectId, resource, entitlement, slot)))[0] ?? null,
    latestOf: (subjectId, limit) =>
      find({ 'subject.id': subjectId, isAsked: true }, { requestedAt: -1 }, limit),
    latestOver: (subjectId, limit) =>
      find(
        { 'subject.id': subjectId, isAsked: true, status: { $nin: openStatuses } },
        { requestedAt: -1 },
        limit,
      ),
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
    heldOnFit: async ({ isAll }) => {
      const fit = { isOpen: true, status: 'active', 'posture.until': { $type: 'date' } }
      // That it is fit for longer by now is noted when that time is over: it is never too long.
      const some = isAll ? {} : { $expr: { $lt: ['$posture.until', '$endsAt'] } }
      const rows = await collection.find({ ...fit, ...some }, { projection: fitFields }).toArray()
      return readable(rows, (row) => fitRow.parse(row))
    },
    heldOf: (subjectIds) =>
      find({ 'subject.id': { $in: [...subjectIds] }, isOpen: true, status: { $in: ['granting', 'active'] } }),
    cut: async (now, of) => {
      const rows = await collection
        .find<{ _id: string }>(
          {
            ...subjectAmong(of),
            status: 'ended',
            cause: 'unfit',
            endsAt: { $gt: now },
            isStanding: { $ne: true },
          },
          { projection: cutFields },
        )
        .toArray()
      const goneOn = await collection.distinct('requestId', {
        requestId: { $in: rows.map(({ _id }) => resumeKey(_id)) },
      })
      const keys = new Set(goneOn)
      const open = rows.filter(({ _id }) => !keys.has(resumeKey(_id)))
      return readable(open, (row) => cutRow.parse(row))
    },
    standing: async (of) => {
      const rows = await model
        .find({ slot: 'standing', isOpen: true, ...subjectAmong(of) }, standingFields)
        .lean<{ _id: string }[]>()
      return readable(rows, (row) => standingRow.parse(row))
    },
    standingFailed: (since, of) => standingEnded('failed', since, of),
    standingCut: (since, of) => standingEnded('unfit', since, of),
    pending: async (limit) => {
      const projection = { revision: 1, unshown: 1 }
      for (;;) {
        const rows = await known.first(
          { isOpen: true, status: 'pending' },
          { limit, sort: { requestedAt: 1 }, projection },
          (row) => pendingRow.parse(row),
        )
        const pending = new Map(rows.map(knownPending).filter((one) => one !== null))
        const others = rows.filter(({ _id: id }) => !pending.has(id)).map(({ _id: id }) => id)
        const read = others.length === 0 ? [] : await find({ _id: { $in: others } })
        for (const grant of read) {
          if (grant.status !== 'pending') continue
          lastPending.set(grant.id, grant)
          pending.set(grant.id, grant)
        }
        const could = new Set(read.map(({ id }) => id))
        const areLeftOut = others.filter((id) => !could.has(id)).map((id) => known.note(id))
        // Those that could not be read had the places of others.
        if (rows.length < limit || !areLeftOut.includes(true))
          return rows.flatMap(({ _id: id }) => pending.get(id) ?? [])
      }
    },
    unshown: (limit, after) => {
      const [filter, order] =
        after === undefined ? [{}, {}] : [{ _id: { $gt: after } }, { sort: { _id: 1 as const } }]
      return known.first(
        { unshown: true, ...filter },
        { limit, projection: { revision: 1 }, ...order },
        (row) => {
          const { _id: id, revision } = revisionRow.parse(row)
          return { id, revision }
        },
      )
    },
    shown: (id, revision) => noteShown({ id, revision }),
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

const subjectAmong = (of: readonly string[] | undefined) =>
  of === undefined ? {} : { 'subject.id': { $in: [...of] } }
