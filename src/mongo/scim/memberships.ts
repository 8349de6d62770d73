import { createHash } from 'node:crypto'
import { Timestamp, type AnyBulkWriteOperation, type ClientSession, type Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { together } from '../together.ts'
import { writeEach } from './write-each.ts'
import { collectionOf } from '../connection.ts'

const namesIt = z.object({ user: z.string(), group: z.object({ id: z.string(), displayName: z.string() }) })
const inGroup = z.object({ group: z.string() })
const member = z.object({ group: z.string(), user: z.string() })
const latest = z.array(
  z.object({ user: z.string(), changedAt: z.instanceof(Timestamp), removedAt: z.date().nullable() }),
)

/** How many of the latest changes tell one state of the members from another. */
const lookedAt = 16
const inBatch = 2_000

/** Of whoever is no member any more nothing but that is kept, for a day. */
const isMember = { $eq: [{ $type: '$removedAt' }, 'null'] }

/** The only place that writes who is in which group: each membership is a document of its own. */
export function memberships(connection: Connection) {
  const members = collectionOf<{ _id: string }>(connection, 'scim_members')
  const rows = connection.collection('scim_members')

  /** One membership each, of all who come at once: in one round trip. How many of all were no members before. */
  const addTogether = together<AnyBulkWriteOperation<{ _id: string }>, number>(async (operations) => {
    const { ok, errors } = await writeEach(members, operations)
    return operations.map((_, i) => errors.get(i) ?? ok)
  })
  return {
    /** How many of them were no members before; of one alone it may be said though they were. */
    add: async (
      source: string,
      group: string,
      users: readonly string[],
      session?: ClientSession,
    ): Promise<number> => {
      const operations = [...users].sort().map((user) => upsertOf(source, group, user))
      const [only] = operations
      if (only === undefined) return 0
      if (operations.length === 1 && session === undefined) return addTogether(only)
      const result = await members.bulkWrite(operations, { ordered: false, ...inSession(session) })
      return result.upsertedCount + result.modifiedCount
    },
    remove: async (
      whom: { user: string } | { group: string; users?: readonly string[] },
      session?: ClientSession,
    ): Promise<number> => {
      const filter =
        'user' in whom
          ? { user: whom.user }
          : { group: whom.group, ...(whom.users === undefined ? null : { user: { $in: [...whom.users] } }) }
      const removed = await rows.updateMany(
        { ...filter, removedAt: null },
        [{ $set: { removedAt: '$$NOW', changedAt: '$$CLUSTER_TIME' } }],
        inSession(session),
      )
      return removed.modifiedCount
    },
    /** Is, or was within the last day, in any group. */
    wasEver: async (user: string, session: ClientSession): Promise<boolean> =>
      (await rows.findOne({ user }, { session, projection: { _id: 1 } })) !== null,
    idsOf: async (group: string, session?: ClientSession): Promise<string[]> => {
      const options = { projection: { _id: 0, group: 1, user: 1 }, batchSize: 10_000, ...inSession(session) }
      const found = await rows.find({ group, removedAt: null }, options).toArray()
      return found.map((row) => member.parse(row).user)
    },
    /** In the order of their ids, some thousand at a time: in between others have their turn. */
    async *batchesOf(groups: readonly string[]): AsyncGenerator<readonly z.output<typeof member>[]> {
      const cursor = rows.find(
        { group: { $in: [...groups] }, removedAt: null },
        { projection: { _id: 0, group: 1, user: 1 }, sort: { group: 1, user: 1 }, batchSize: inBatch },
      )
      try {
        while (await cursor.hasNext()) yield cursor.readBufferedDocuments().map((row) => member.parse(row))
      } finally {
        await cursor.close()
      }
    },
    groupsWith: async (user: string): Promise<string[]> => {
      const found = await rows.find({ user, removedAt: null }, { projection: { _id: 0, group: 1 } }).toArray()
      return found.map((row) => inGroup.parse(row).group)
    },
    groupsOf: async (users: readonly string[]) => {
      const found = new Map<string, { id: string; displayName: string }[]>()
      const named = await rows
        .aggregate([
          { $match: { user: { $in: [...users] }, removedAt: null } },
          {
            $lookup: {
              from: 'scim_groups',
              localField: 'group',
              foreignField: '_id',
              as: 'of',
              pipeline: [{ $match: { isHere: true } }, { $project: { _id: 0, id: '$_id', displayName: 1 } }],
            },
          },
          { $unwind: '$of' },
          { $sort: { group: 1 } },
          { $project: { _id: 0, user: 1, group: '$of' } },
        ])
        .toArray()
      for (const row of named) {
        const { user, group } = namesIt.parse(row)
        found.set(user, [...(found.get(user) ?? []), group])
      }
      return found
    },
  }
}

const inSession = (session: ClientSession | undefined) => (session === undefined ? {} : { session })

function upsertOf(source: string, group: string, user: string): AnyBulkWriteOperation<{ _id: string }> {
  const filter: Document = { group, user }
  return {
    updateOne: {
      filter,
      update: [
        {
          $set: {
            source: { $literal: source },
            addedAt: { $cond: [isMember, '$addedAt', '$$NOW'] },
            changedAt: { $cond: [isMember, '$changedAt', '$$CLUSTER_TIME'] },
            removedAt: null,
          },
        },
      ],
      upsert: true,
    },
  }
}

/** As a field of a group: what its members' state is told by. */
export const withLatest: Document = {
  $lookup: {
    from: 'scim_members',
    localField: '_id',
    foreignField: 'group',
    as: 'latest',
    pipeline: [
      { $sort: { changedAt: -1 } },
      { $limit: lookedAt },
      { $project: { _id: 0, user: 1, changedAt: 1, removedAt: 1 } },
    ],
  },
}

/**
 * A mark of who the members are, and when that last changed. Writers of memberships never wait for one another, so
 * there is no counter: it is told by the latest changes, among which every new one is. Several, as those that are
 * written at once may show in another order than they are stamped.
 */
export function stateOf(found: unknown): { mark: string; at: Date | null } {
  const changes = latest.parse(found)
  const [first] = changes
  if (first === undefined) return { mark: '', at: null }
  const text = changes
    .map(
      (one) => `${one.user} ${one.changedAt.t}.${one.changedAt.i} ${one.removedAt === null ? 'in' : 'out'}`,
    )
    .sort()
    .join('\n')
  const mark = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  return { mark, at: new Date(first.changedAt.t * 1_000) }
}
