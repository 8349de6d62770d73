import { Timestamp, type Collection, type Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { elapsedMs } from '../elapsed.ts'
import type {
  LinkedUser,
  PersonLink,
  ProvisionedGroup,
  Provisioning,
  UnlinkedUser,
} from '../domain/ports/provisioning.ts'

const usedForMs = 5_000
const inSlice = 1_000
/** The longest that MongoDB lets a transaction last, unless told otherwise. */
const underWayForMs = 60_000

const slack = z.object({ teamId: z.string(), userId: z.string() })
export const user = z.object({
  _id: z.string(),
  source: z.string(),
  userName: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  isActive: z.boolean(),
  inactiveSince: z.date().nullable(),
  isTrial: z.boolean().default(false),
  deletedAt: z.date().nullable(),
})
const linkedUser = user.extend({
  personId: z.string(),
  isMatched: z.boolean().default(true),
  manager: z.string().nullable(),
  people: z.array(z.string()),
  members: z.array(z.object({ group: z.string(), removedAt: z.date().nullable() })),
})
const group = z.object({
  _id: z.string(),
  source: z.string(),
  displayName: z.string(),
  names: z.array(z.object({ name: z.string(), since: z.date() })).default([]),
  createdAt: z.date(),
  deletedAt: z.date().nullable(),
})
const link = z.object({ user: z.string(), person: z.string(), isMatched: z.boolean().default(true) })
const changed = z.object({ changedAt: z.instanceof(Timestamp) })
const stampOf = (row: unknown): string => {
  const { changedAt } = changed.parse(row)
  return `${changedAt.t}.${changedAt.i}`
}
const emailed = z.object({ email: z.string() })
const behind = z.object({
  key: z.string(),
  source: z.string(),
  personId: z.string(),
  slack,
  isLeaving: z.boolean().default(false),
})
const silent = z.object({ _id: z.string(), lastRequestAt: z.date(), silentAfterMs: z.number() })

export const userFields = {
  source: 1,
  userName: 1,
  name: 1,
  email: 1,
  isActive: 1,
  inactiveSince: 1,
  isTrial: 1,
  deletedAt: 1,
} as const

/** Reads what `mongo/scim/` writes, and whose it is by `mongo/identities.ts`. */
export function mongoProvisioning(connection: Connection): Provisioning {
  const users = connection.collection<{ _id: string }>('scim_users')
  const groups = connection.collection<{ _id: string }>('scim_groups')
  const members = connection.collection('scim_members')
  const links = connection.collection<{ _id: string }>('scim_links')
  const sources = connection.collection<{ _id: string }>('scim_sources')
  let known = { isUsed: false, atMs: -Infinity }

  const linked = async (personIds: readonly string[]): Promise<LinkedUser[]> => {
    const match = { person: { $in: [...personIds] }, isCurrent: true }
    const rows = await links.aggregate([{ $match: match }, ...withUser]).toArray()
    return rows.map((row) => asLinked(linkedUser.parse(row)))
  }
  /** The same of all, some at a time: whoever waits for the event loop waits for no more than those. */
  const everybody = async (): Promise<LinkedUser[]> => {
    const fields = { projection: { user: 1, person: 1, isMatched: 1 }, batchSize: inSlice }
    const all = (await links.find({ isCurrent: true }, fields).toArray()).map((row) => link.parse(row))
    const linksOf = new Map<string, z.output<typeof link>[]>()
    for (const one of all) linksOf.set(one.user, [...(linksOf.get(one.user) ?? []), one])
    const ids = [...linksOf.keys()]
    const found: LinkedUser[] = []
    for (let at = 0; at < ids.length; at += inSlice) {
      const some = { $in: ids.slice(at, at + inSlice) }
      const [userRows, memberRows] = await Promise.all([
        users.find({ _id: some }, { projection: { ...userFields, manager: 1 } }).toArray(),
        members.find({ user: some }, { projection: { _id: 0, user: 1, group: 1, removedAt: 1 } }).toArray(),
      ])
      const membersOf = new Map<string, unknown[]>()
      for (const row of memberRows) {
        const id = String(row['user'])
        const theirs = membersOf.get(id)
        if (theirs === undefined) membersOf.set(id, [row])
        else theirs.push(row)
      }
      for (const row of userRows) {
        const theirs = linksOf.get(row._id) ?? []
        const people = theirs.map(({ person }) => person)
        for (const { person, isMatched } of theirs) {
          const whole = { ...row, personId: person, isMatched, people, members: membersOf.get(row._id) ?? [] }
          found.push(asLinked(linkedUser.parse(whole)))
        }
      }
    }
    return found
  }
  let seen = { stamp: '', sinceMs: 0 }
  let settled: { readonly stamp: string; readonly users: readonly LinkedUser[] } | null = null
  const newestStamp = async (): Promise<string> => {
    const newest = { projection: { _id: 0, changedAt: 1 }, sort: { changedAt: -1 } } as const
    const rows = await Promise.all(
      [users, members, links].map((one) => one.findOne({ changedAt: { $exists: true } }, newest)),
    )
    return rows.map((row) => (row === null ? '' : stampOf(row))).join()
  }
  return {
    isUsed: async () => {
      if (known.isUsed || elapsedMs() - known.atMs < usedForMs) return known.isUsed
      known = { isUsed: false, atMs: elapsedMs() }
      if ((await sources.findOne({}, { projection: { _id: 1 } })) !== null) known.isUsed = true
      return known.isUsed
    },
    wasUsed: () => known.isUsed,
    noteUse: () => {
      known.isUsed = true
    },
    usersOf: linked,
    linkedUsers: async () => {
      const stamp = await newestStamp()
      if (settled?.stamp === stamp) return settled.users
      if (seen.stamp !== stamp) seen = { stamp, sinceMs: elapsedMs() }
      // What was stamped before may be committed after: only once nothing can be under way any more all of it is seen.
      const isSettled = elapsedMs() - seen.sinceMs > underWayForMs
      const found = await everybody()
      settled = isSettled ? { stamp, users: found } : null
      return found
    },
    usersCalled: async (emails) => {
      const rows = await users
        .find({ email: { $in: [...emails] }, deletedAt: null }, { projection: userFields })
        .toArray()
      return rows.map((row) => asUser(user.parse(row)))
    },
    emailsOf: async (userIds) => {
      const of = { _id: { $in: [...userIds] }, email: { $ne: null } }
      const rows = await users.find(of, { projection: { email: 1 } }).toArray()
      return rows.map((row) => emailed.parse(row).email)
    },
    sources: async () => (await sources.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    groups: async () => {
      const fields = { source: 1, displayName: 1, names: 1, createdAt: 1, deletedAt: 1 }
      return (await groups.find({}, { projection: fields }).toArray()).map(asGroup)
    },
    membersOf: async (groupIds, leftSince) => {
      if (groupIds.length === 0) return new Map()
      return byKey(members, [
        {
          $match: {
            group: { $in: [...groupIds] },
            $or: [{ removedAt: null }, { removedAt: { $gt: leftSince } }],
          },
        },
        { $lookup: { from: 'scim_users', localField: 'user', foreignField: '_id', as: 'of' } },
        { $match: { 'of.0.isActive': true, 'of.0.deletedAt': null } },
        ...peopleBehind('$group', 'user', { isLeaving: { $ne: ['$removedAt', null] } }),
        ...butGone,
      ])
    },
    peopleBehind: async (userIds) =>
      userIds.length === 0
        ? new Map()
        : byKey(users, [{ $match: { _id: { $in: [...userIds] } } }, ...peopleBehind('$_id', '_id')]),
    silentSources: async () => {
      const late = { $gt: [{ $subtract: ['$$NOW', '$lastRequestAt'] }, '$silentAfterMs'] }
      const isWatched = { silentAfterMs: { $ne: null }, lastRequestAt: { $ne: null } }
      const rows = await sources.find({ ...isWatched, $expr: late }).toArray()
      return rows.map((row) => {
        const { _id: source, lastRequestAt: since, silentAfterMs: afterMs } = silent.parse(row)
        return { source, since, afterMs }
      })
    },
  }
}

/** A link, with its User and where that one is a member. */
const withUser: Document[] = [
  {
    $lookup: {
      from: 'scim_users',
      localField: 'user',
      foreignField: '_id',
      as: 'of',
      pipeline: [{ $project: { ...userFields, manager: 1 } }],
    },
  },
  {
    $lookup: {
      from: 'scim_members',
      localField: 'user',
      foreignField: 'user',
      as: 'members',
      pipeline: [{ $project: { _id: 0, group: 1, removedAt: 1 } }],
    },
  },
  {
    $lookup: {
      from: 'scim_links',
      localField: 'user',
      foreignField: 'user',
      as: 'all',
      pipeline: [{ $match: { isCurrent: true } }, { $project: { _id: 0, person: 1 } }],
    },
  },
  {
    $replaceWith: {
      $mergeObjects: [
        { $first: '$of' },
        {
          personId: '$person',
          isMatched: '$isMatched',
          people: '$all.person',
          members: '$members',
        },
      ],
    },
  },
  { $match: { _id: { $exists: true } } },
]

/** Who the Users behind `field` are, each by `key`. */
const peopleBehind = (key: string, field: string, more: Document = {}): Document[] => [
  {
    $lookup: {
      from: 'scim_links',
      localField: field,
      foreignField: 'user',
      as: 'link',
      pipeline: [{ $match: { isCurrent: true } }, { $project: { person: 1 } }],
    },
  },
  { $unwind: '$link' },
  { $lookup: { from: 'people', localField: 'link.person', foreignField: '_id', as: 'person' } },
  { $unwind: '$person' },
  { $project: { _id: 0, key, source: '$source', personId: '$person._id', slack: '$person.slack', ...more } },
]

/** Without those whom another User of theirs says to be gone. */
const butGone: Document[] = [
  {
    $lookup: {
      from: 'scim_links',
      localField: 'personId',
      foreignField: 'person',
      as: 'gone',
      pipeline: [
        { $match: { isCurrent: true } },
        { $lookup: { from: 'scim_users', localField: 'user', foreignField: '_id', as: 'of' } },
        {
          $match: { 'of.0.isActive': false, $or: [{ isMatched: false }, { 'of.0.isTrial': { $ne: true } }] },
        },
      ],
    },
  },
  { $match: { gone: [] } },
]

async function byKey(
  collection: Pick<Collection, 'aggregate'>,
  pipeline: Document[],
): Promise<ReadonlyMap<string, readonly PersonLink[]>> {
  const found = new Map<string, PersonLink[]>()
  for (const row of await collection.aggregate(pipeline).toArray()) {
    const { key, ...link } = behind.parse(row)
    found.set(key, [...(found.get(key) ?? []), link])
  }
  return found
}

/** One that was deleted is inactive since then. */
export function asUser({
  _id: id,
  deletedAt,
  isActive,
  inactiveSince,
  ...rest
}: z.output<typeof user>): UnlinkedUser {
  const { source, userName, name, email } = rest
  return {
    id,
    source,
    userName,
    name,
    email,
    isActive: isActive && deletedAt === null,
    inactiveSince: inactiveSince ?? deletedAt,
  }
}

function asLinked(row: z.output<typeof linkedUser>): LinkedUser {
  const { personId, people, manager, members, ...rest } = row
  return {
    ...asUser(rest),
    personId,
    // Not where an admin said that it is they.
    isTrial: row.isTrial && row.isMatched,
    people,
    manager,
    groups: members.filter(({ removedAt }) => removedAt === null).map((one) => one.group),
    left: members.flatMap(({ group, removedAt }) => (removedAt === null ? [] : { group, at: removedAt })),
  }
}

function asGroup(row: Document): ProvisionedGroup {
  const { _id: id, deletedAt, ...rest } = group.parse(row)
  return { id, ...rest, isDeleted: deletedAt !== null }
}
