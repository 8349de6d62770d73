import type { Collection, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import type {
  LinkedUser,
  PersonLink,
  ProvisionedGroup,
  Provisioning,
  UnlinkedUser,
} from '../domain/ports/provisioning.ts'

const usedForMs = 5_000

const slack = z.object({ teamId: z.string(), userId: z.string() })
const user = z.object({
  _id: z.string(),
  source: z.string(),
  userName: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  isActive: z.boolean(),
  inactiveSince: z.date().nullable(),
  deletedAt: z.date().nullable(),
})
const linkedUser = user.extend({
  personId: z.string(),
  manager: z.string().nullable(),
  people: z.array(z.string()),
  members: z.array(z.object({ group: z.string(), removedAt: z.date().nullable() })),
})
const group = z.object({
  _id: z.string(),
  source: z.string(),
  displayName: z.string(),
  deletedAt: z.date().nullable(),
})
const emailed = z.object({ email: z.string() })
const behind = z.object({ key: z.string(), personId: z.string(), slack })
const silent = z.object({ _id: z.string(), lastRequestAt: z.date(), silentAfterMs: z.number() })

const userFields = {
  source: 1,
  userName: 1,
  name: 1,
  email: 1,
  isActive: 1,
  inactiveSince: 1,
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

  const linked = async (match: Document): Promise<LinkedUser[]> => {
    const rows = await links.aggregate([{ $match: { ...match, isCurrent: true } }, ...withUser]).toArray()
    return rows.map((row) => asLinked(linkedUser.parse(row)))
  }
  return {
    isUsed: async () => {
      if (known.isUsed || performance.now() - known.atMs < usedForMs) return known.isUsed
      known = { isUsed: false, atMs: performance.now() }
      if ((await sources.findOne({}, { projection: { _id: 1 } })) !== null) known.isUsed = true
      return known.isUsed
    },
    wasUsed: () => known.isUsed,
    usersOf: (personIds) => linked({ person: { $in: [...personIds] } }),
    linkedUsers: () => linked({}),
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
    groups: async () => {
      const fields = { source: 1, displayName: 1, deletedAt: 1 }
      return (await groups.find({}, { projection: fields }).toArray()).map(asGroup)
    },
    membersOf: async (groupIds) => {
      if (groupIds.length === 0) return new Map()
      return byKey(members, [
        { $match: { group: { $in: [...groupIds] }, removedAt: null } },
        { $lookup: { from: 'scim_users', localField: 'user', foreignField: '_id', as: 'of' } },
        { $match: { 'of.0.isActive': true, 'of.0.deletedAt': null } },
        ...peopleBehind('$group', 'user'),
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
      $mergeObjects: [{ $first: '$of' }, { personId: '$person', people: '$all.person', members: '$members' }],
    },
  },
  { $match: { _id: { $exists: true } } },
]

/** Who the Users behind `field` are, each by `key`. */
const peopleBehind = (key: string, field: string): Document[] => [
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
  { $project: { _id: 0, key, personId: '$person._id', slack: '$person.slack' } },
]

async function byKey(
  collection: Pick<Collection, 'aggregate'>,
  pipeline: Document[],
): Promise<ReadonlyMap<string, readonly PersonLink[]>> {
  const found = new Map<string, PersonLink[]>()
  for (const row of await collection.aggregate(pipeline).toArray()) {
    const { key, personId, slack } = behind.parse(row)
    found.set(key, [...(found.get(key) ?? []), { personId, slack }])
  }
  return found
}

/** One that was deleted is inactive since then. */
function asUser({
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

function asLinked({ personId, people, manager, members, ...rest }: z.output<typeof linkedUser>): LinkedUser {
  return {
    ...asUser(rest),
    personId,
    people,
    manager,
    groups: members.filter(({ removedAt }) => removedAt === null).map((one) => one.group),
    left: members.flatMap(({ group, removedAt }) => (removedAt === null ? [] : { group, at: removedAt })),
  }
}

function asGroup(row: Document): ProvisionedGroup {
  const { _id: id, source, displayName, deletedAt } = group.parse(row)
  return { id, source, displayName, isDeleted: deletedAt !== null }
}
