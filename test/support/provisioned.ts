import type { Connection } from 'mongoose'

/** What SCIM sources wrote, put into the database as the server stores it: for tests that are not about the server. */
export interface ProvisionedData {
  source(name: string): Promise<void>
  user(id: string, about?: Partial<UserData>): Promise<void>
  /** Adds these Users to the group, which is made where there is none. */
  group(id: string, about: { source?: string; displayName: string; users?: readonly string[] }): Promise<void>
  leaves(user: string, group: string, at: Date): Promise<void>
  deleted(kind: 'users' | 'groups', id: string): Promise<void>
}

interface UserData {
  readonly source: string
  readonly userName: string
  readonly name: string
  readonly email: string | null
  readonly isActive: boolean
  readonly inactiveSince: Date | null
  readonly manager: string | null
  readonly externalId: string | null
  readonly createdAt: Date
}

export function provisionedIn(connection: Connection): ProvisionedData {
  const of = (name: string) => connection.collection<{ _id: string }>(name)
  const stamp = { $currentDate: { changedAt: { $type: 'timestamp' as const } } }
  return {
    source: async (name) => {
      const fresh = { createdAt: new Date(), silentAfterMs: null, lastRequestAt: null }
      await of('scim_sources').updateOne({ _id: name }, { $setOnInsert: fresh }, { upsert: true })
    },
    user: async (id, about = {}) => {
      const whole = {
        source: 'okta',
        userName: id,
        name: id,
        email: null,
        isActive: true,
        inactiveSince: about.isActive === false ? new Date(Date.now() - 1_000) : null,
        manager: null,
        externalId: null,
        createdAt: new Date(Date.now() - 3_600_000),
        deletedAt: null,
        ...about,
      }
      await of('scim_users').updateOne({ _id: id }, { $set: whole, ...stamp }, { upsert: true })
    },
    group: async (id, { source = 'okta', displayName, users = [] }) => {
      const whole = { source, displayName, externalId: null, createdAt: new Date(), deletedAt: null }
      await of('scim_groups').updateOne({ _id: id }, { $set: whole, ...stamp }, { upsert: true })
      for (const user of users) {
        const member = { group: id, user }
        await connection
          .collection('scim_members')
          .updateOne(member, { $set: { ...member, source, removedAt: null }, ...stamp }, { upsert: true })
      }
    },
    leaves: async (user, group, at) => {
      await connection.collection('scim_members').updateOne({ user, group }, { $set: { removedAt: at } })
    },
    deleted: async (kind, id) => {
      const gone = {
        deletedAt: '$$NOW',
        ...(kind === 'users'
          ? { isActive: false, inactiveSince: { $ifNull: ['$inactiveSince', '$$NOW'] } }
          : {}),
      }
      await of(`scim_${kind}`).updateOne({ _id: id }, [{ $set: gone }])
    },
  }
}
