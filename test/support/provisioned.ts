import type { Connection } from 'mongoose'
import { mongoScim } from '../../src/mongo/scim/store.ts'
import { noLog } from './no-log.ts'

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

const asTheServerKeepsIt = { isHere: true, version: 1, modifiedAt: new Date() }

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
        ...asTheServerKeepsIt,
        userNameKey: (about.userName ?? id).toLowerCase(),
        body: JSON.stringify({ userName: about.userName ?? id }),
        ...about,
        ...(about.isActive === false ? { wasDeactivated: true } : {}),
      }
      await of('scim_users').updateOne(
        { _id: id },
        { $set: whole, $addToSet: { emails: whole.email }, ...stamp },
        { upsert: true },
      )
    },
    group: async (id, { source = 'okta', displayName, users = [] }) => {
      const whole = {
        source,
        displayName,
        nameKey: displayName.toLowerCase(),
        isHere: true,
        externalId: null,
        createdAt: new Date(),
        deletedAt: null,
      }
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
      if (kind === 'users') {
        const found = await connection
          .collection<{ _id: string; source: string }>('scim_users')
          .findOne({ _id: id })
        await mongoScim(connection, noLog).deleteUser(found?.source ?? '', id, null)
        return
      }
      await of('scim_groups').updateOne({ _id: id }, [{ $set: { deletedAt: '$$NOW' } }])
    },
  }
}
