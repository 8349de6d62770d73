import { isDeepStrictEqual } from 'node:util'
import type { Document } from 'mongodb'
import type { Connection } from 'mongoose'
import type { Condition, Listing, Page, ScimStore, StoredUser, Written } from '../../domain/ports/scim.ts'
import type { Complex } from '../../domain/scim/json.ts'
import { users as kind } from '../../domain/scim/schema.ts'
import { invalidValue, ScimError } from '../../domain/scim/scim-error.ts'
import { userOf, type User } from '../../domain/scim/user.ts'
import { collectionOf } from '../connection.ts'
import { compileFilter } from './compile-filter.ts'
import { here, newId, rowFields, stamped, storedUser, userDocument } from './documents.ts'
import { memberships } from './memberships.ts'
import { byId, together } from '../together.ts'
import { isDuplicate } from './outage.ts'
import { writeEach } from './write-each.ts'
import { pageReader } from './pages.ts'
import { inTransaction } from './transaction.ts'

/** Somebody else wrote it between our look and our write, so many times: more than ever happens by chance. */
const mostTries = 200

/**
 * Some providers make somebody and delete them at once to see whether we work, perhaps with an admin's own address: nobody
 * left by that. Who was in a group, or deactivated first, was meant.
 */
const isNew: Document = {
  $and: [{ $ne: ['$wasDeactivated', true] }, { $lt: [{ $subtract: ['$$NOW', '$createdAt'] }, 600_000] }],
}

/** An e-mail that was somebody's is no proof of anybody else. */
const everCalled = ({ email }: User): Document =>
  email === null ? {} : { $addToSet: { emails: email.toWellFormed() } }

type Users = Pick<ScimStore, 'addUser' | 'user' | 'users' | 'changeUser' | 'deleteUser' | 'groupsOf'>

export function scimUsers(connection: Connection): Users {
  const users = collectionOf<{ _id: string }>(connection, 'scim_users')
  const members = memberships(connection)
  const readPage = pageReader()

  const find = async (filter: object): Promise<StoredUser | null> => {
    const found = await users.findOne({ ...filter, ...here }, { projection: rowFields })
    return found === null ? null : storedUser(found)
  }

  const changeUser = async (
    source: string,
    id: string,
    change: (was: Complex) => Complex,
    condition: Condition | null,
  ): Promise<Written<StoredUser> | null> => {
    for (let i = 0; i < mostTries; i++) {
      const was = await find({ _id: id, source })
      if (was === null) return null
      condition?.(was.version)
      const user = userOf(change(was.attributes))
      if (isDeepStrictEqual(user.attributes, was.attributes)) return { stored: was, users: [] }
      const now = await write(was, user)
      if (now !== null) return { stored: now, users: [id] }
    }
    throw new Error('a user changes all the time')
  }

  /** Null: it is not as it was any more. */
  const write = async (was: StoredUser, user: User): Promise<StoredUser | null> => {
    const leaves = was.isActive && !user.isActive
    const comes = !was.isActive && user.isActive
    try {
      const found = await users.findOneAndUpdate(
        { _id: was.id, ...here, version: Number(was.version) },
        {
          $set: {
            ...userDocument(user),
            ...(comes ? { inactiveSince: null } : {}),
            ...(leaves ? { wasDeactivated: true } : {}),
          },
          ...everCalled(user),
          $inc: { version: 1 },
          $currentDate: leaves ? { ...stamped, inactiveSince: true } : stamped,
        },
        { returnDocument: 'after', projection: rowFields },
      )
      return found === null ? null : storedUser(found)
    } catch (error) {
      throw isDuplicate(error) ? taken(error.message, user) : error
    }
  }

  const fresh = (source: string, user: User): { filter: { _id: string }; update: Document } => ({
    filter: { _id: newId() },
    update: {
      $set: {
        source,
        ...userDocument(user),
        ...(user.isActive ? { inactiveSince: null } : { wasDeactivated: true }),
        ...here,
        deletedAt: null,
        version: 1,
      },
      ...everCalled(user),
      $currentDate: {
        ...stamped,
        createdAt: true,
        ...(user.isActive ? {} : { inactiveSince: true }),
      },
    },
  })
  /** All who are made at once in two round trips; one alone in one. */
  const insertTogether = together<{ source: string; user: User }, Document>(async (asked) => {
    const made = asked.map(({ source, user }) => fresh(source, user))
    const [only, ...others] = made
    if (only !== undefined && others.length === 0) {
      const options = { upsert: true, returnDocument: 'after', projection: rowFields } as const
      const found = await users.findOneAndUpdate(only.filter, only.update, options)
      return [found ?? new Error('what was just made is not there')]
    }
    const operations = made.map((one) => ({ updateOne: { ...one, upsert: true } }))
    const { errors } = await writeEach(users, operations)
    const found = await byId(
      users,
      made.map(({ filter }) => filter._id),
      rowFields,
    )
    return made.map(
      ({ filter }, i) =>
        errors.get(i) ?? found.get(filter._id) ?? new Error('what was just made is not there'),
    )
  })
  const insert = async (source: string, user: User): Promise<StoredUser> =>
    storedUser(await insertTogether({ source, user }))

  return {
    addUser: async (source, user) => {
      try {
        const stored = await insert(source, user)
        return { stored, users: [stored.id] }
      } catch (error) {
        if (!isDuplicate(error)) throw error
        const { externalId } = user
        const holder = externalId === null ? null : await find({ source, externalId })
        if (holder === null || holder.isActive) throw taken(error.message, user, holder !== null)
        // Looked at again right before it is written: of two who bring somebody back, the second finds them active.
        const isBack = (was: Complex) => {
          if (was['active'] === true) throw taken('', user, true)
          return user.attributes
        }
        const back = await changeUser(source, holder.id, isBack, null)
        if (back === null) throw taken(error.message, user)
        return back
      }
    },
    user: (source, id) => find({ _id: id, source }),
    users: async (source: string, { filter, skip, limit }: Listing): Promise<Page<StoredUser>> => {
      const asked = filter === null ? {} : await compileFilter(kind, filter, members.groupsWith)
      const query = filter === null ? { source, ...here } : { source, ...here, $and: [asked] }
      const { total, items } = await readPage(users, query, { skip, limit }, [{ $project: rowFields }])
      return { total, items: items.map(storedUser) }
    },
    changeUser,
    deleteUser: async (source, id, condition) => {
      const isGone = await inTransaction(connection, async (session) => {
        const was = await users.findOne({ _id: id, source, ...here }, { projection: rowFields, session })
        if (was === null) return false
        condition?.(storedUser(was).version)
        const wasMember = await members.wasEver(id, session)
        await users.updateOne(
          { _id: id, source, ...here },
          [
            {
              $set: {
                isTrial: wasMember ? false : isNew,
                isHere: false,
                isActive: false,
                deletedAt: '$$NOW',
                inactiveSince: { $ifNull: ['$inactiveSince', '$$NOW'] },
              },
            },
          ],
          { session },
        )
        await users.updateOne({ _id: id }, { $currentDate: stamped, $inc: { version: 1 } }, { session })
        await members.remove({ user: id }, session)
        return true
      })
      if (!isGone) return null
      // Whoever added them at this very moment looks again afterwards; this is for who looked before it was done.
      await members.remove({ user: id })
      return [id]
    },
    groupsOf: members.groupsOf,
  }
}

function taken(message: string, user: User, isByExternalId = message.includes('external_id')): ScimError {
  if (!isByExternalId)
    return new ScimError(409, 'uniqueness', 'Another user of this source has this userName.')
  if (user.externalId === null) return invalidValue('The externalId is missing.')
  return new ScimError(
    409,
    'uniqueness',
    'Another user of this source has this externalId. Map it to what is unique for ever: of Entra objectId, not mailNickname.',
  )
}
