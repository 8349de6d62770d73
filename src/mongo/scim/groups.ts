import { isDeepStrictEqual } from 'node:util'
import type { ClientSession, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import type { Log } from '../../domain/ports/log.ts'
import type { Condition, ScimStore, StoredGroup } from '../../domain/ports/scim.ts'
import { idsToKnow, memberChange, noGroups, type MemberChange } from '../../domain/scim/member-operations.ts'
import type { GroupChange } from '../../domain/scim/resource.ts'
import { groups as kind } from '../../domain/scim/schema.ts'
import { ScimError } from '../../domain/scim/scim-error.ts'
import { groupOf, type Group } from '../../domain/scim/user.ts'
import { collectionOf } from '../connection.ts'
import { compileFilter } from './compile-filter.ts'
import { groupDocument, here, newId, rowFields, stamped, storedGroup } from './documents.ts'
import { groupFacts } from './group-facts.ts'
import { memberships, stateOf, withLatest } from './memberships.ts'
import { isDuplicate } from './outage.ts'
import { pageReader } from './pages.ts'
import { inTransaction } from './transaction.ts'

type Groups = Pick<
  ScimStore,
  'addGroup' | 'group' | 'groups' | 'changeGroup' | 'deleteGroup' | 'membersOf' | 'membersOfEach'
>

/** As it is from now on; since when it has its name stays known when it gives that up. */
function writtenGroup(group: Group): Document {
  const name = { $literal: group.displayName.toWellFormed() }
  const hadBefore = { $ifNull: ['$names', []] }
  return {
    ...Object.fromEntries(
      Object.entries(groupDocument(group)).map(([field, value]) => [field, { $literal: value as unknown }]),
    ),
    names: {
      $cond: [
        { $in: [name, { $ifNull: ['$names.name', []] }] },
        hadBefore,
        { $concatArrays: [hadBefore, [{ name, since: '$$NOW' }]] },
      ],
    },
    modifiedAt: '$$NOW',
    changedAt: '$$CLUSTER_TIME',
  }
}

export function scimGroups(connection: Connection, log: Log): Groups {
  const groups = collectionOf<{ _id: string }>(connection, 'scim_groups')
  const members = memberships(connection)
  const readPage = pageReader()

  const { usersAmong, factsAbout } = groupFacts(connection)

  /** Who is to come and go. Throws where a group is to be a member. */
  const settled = async (
    source: string,
    { members: operations }: GroupChange,
    known: ReadonlySet<string>,
  ): Promise<MemberChange & { unknown: number }> => {
    const unknown = idsToKnow(operations).filter((one) => !known.has(one))
    if (unknown.length > 0) {
      const nested = await groups.countDocuments({ _id: { $in: unknown }, source, ...here }, { limit: 1 })
      if (nested > 0) throw noGroups()
    }
    return { ...memberChange(operations, (one) => known.has(one)), unknown: unknown.length }
  }
  const sayUnknown = (source: string, group: string, { unknown }: { unknown: number }): void => {
    if (unknown === 0) return
    log.warn('members of a SCIM group are not known, and were left out', { source, group, count: unknown })
  }

  /** Writes who comes and goes; answers whom it concerned. */
  const writeMembers = async (
    source: string,
    id: string,
    { isEmptied, add, remove }: MemberChange,
    session?: ClientSession,
  ): Promise<string[]> => {
    const before = isEmptied ? await members.idsOf(id, session) : []
    const leaving = isEmptied ? before.filter((one) => !add.has(one)) : [...remove]
    const were = new Set(before)
    const coming = [...add].filter((one) => !were.has(one))
    const left = leaving.length === 0 ? 0 : await members.remove({ group: id, users: leaving }, session)
    const came = await members.add(source, id, coming, session)
    return left + came === 0 ? [] : [...(left > 0 ? leaving : []), ...(came > 0 ? coming : [])]
  }

  /**
   * A User or the group may have been deleted between our look and our write: both look again when they are done, so
   * one of the two sees the other. To wait for one another all writers of a group would have to write its document.
   */
  const lookAgain = async (source: string, id: string, added: ReadonlySet<string>): Promise<void> => {
    if (added.size === 0) return
    const { group, known } = await factsAbout(source, id, [...added])
    const gone = group === null ? [...added] : [...added].filter((one) => !known.has(one))
    if (gone.length > 0) await members.remove({ group: id, users: gone })
  }

  const writeGroup = async (
    id: string,
    group: Group,
    session: ClientSession | undefined,
    version: number,
  ) => {
    try {
      const { matchedCount } = await groups.updateOne(
        { _id: id, ...here, version },
        [{ $set: { ...writtenGroup(group), version: { $add: ['$version', 1] } } }],
        session === undefined ? {} : { session },
      )
      return matchedCount === 1
    } catch (error) {
      throw isDuplicate(error) ? taken() : error
    }
  }

  return {
    addGroup: async (source, change) => {
      const group = groupOf(change.attributes({}))
      const id = newId()
      const known = await usersAmong(source, idsToKnow(change.members))
      const toDo = await settled(source, change, known)
      const make = async (session?: ClientSession): Promise<Document | null> =>
        groups.findOneAndUpdate(
          { _id: id },
          [
            {
              $set: {
                source: { $literal: source },
                ...writtenGroup(group),
                ...here,
                deletedAt: null,
                version: 1,
                createdAt: '$$NOW',
              },
            },
          ],
          {
            upsert: true,
            returnDocument: 'after',
            projection: rowFields,
            ...(session === undefined ? null : { session }),
          },
        )
      try {
        if (toDo.add.size === 0) return { stored: withState(await make(), []), users: [] }
        await inTransaction(connection, async (session) => {
          await make(session)
          await members.add(source, id, [...toDo.add], session)
        })
      } catch (error) {
        throw isDuplicate(error) ? taken() : error
      }
      await lookAgain(source, id, toDo.add)
      sayUnknown(source, id, toDo)
      const [stored] = await groups.aggregate([{ $match: { _id: id } }, withLatest]).toArray()
      return { stored: withState(stored, stored?.['latest']), users: [...toDo.add] }
    },
    group: async (source, id) => {
      const { group } = await factsAbout(source, id, [], { withVersion: true })
      return group === null ? null : withState(group, group['latest'])
    },
    groups: async (source, { filter, skip, limit }) => {
      const asked = filter === null ? {} : await compileFilter(kind, filter, members.groupsWith)
      const query = filter === null ? { source, ...here } : { source, ...here, $and: [asked] }
      const { total, items } = await readPage(groups, query, { skip, limit }, [
        { $project: rowFields },
        withLatest,
      ])
      return { total, items: items.map((row) => withState(row, row['latest'])) }
    },
    changeGroup: async (source, id, change, condition) => {
      const asked = idsToKnow(change.members)
      const attempt = async (session: ClientSession | null, conditional: Condition | null) => {
        const options = session === null ? {} : { session, withVersion: conditional !== null }
        const { group: row, known } = await factsAbout(source, id, asked, options)
        if (row === null) return null
        if (conditional !== null) conditional(withState(row, row['latest']).version)
        const was = storedGroup(row)
        const group = groupOf(change.attributes(was.attributes))
        const isSame = isDeepStrictEqual(group.attributes, was.attributes)
        const toDo = await settled(source, change, known)
        return { was, group, isSame, toDo }
      }
      const all = async (session: ClientSession) => {
        const found = await attempt(session, condition)
        if (found === null) return null
        const { was, group, isSame, toDo } = found
        if (!isSame) await writeGroup(id, group, session, Number(was.version))
        // Two that each say who all the members are, or by which version they go, come one after the other.
        else if (condition !== null || toDo.isEmptied)
          await groups.updateOne({ _id: id }, { $inc: { turns: 1 } }, { session })
        const isRenamed = was.displayName !== group.displayName
        const users = await writeMembers(source, id, toDo, session)
        // By another name it is another group to the catalog: to everybody who is in it.
        return { users: isRenamed ? [...users, ...(await members.idsOf(id, session))] : users, toDo }
      }
      for (;;) {
        const plain = condition === null ? await attempt(null, null) : undefined
        if (plain === null) return null
        const isOne =
          plain !== undefined &&
          plain.isSame &&
          !plain.toDo.isEmptied &&
          plain.toDo.add.size + plain.toDo.remove.size <= 1
        if (plain !== undefined && isOne) {
          const users = await writeMembers(source, id, plain.toDo)
          await lookAgain(source, id, plain.toDo.add)
          sayUnknown(source, id, plain.toDo)
          return users
        }
        const hasMembers = plain === undefined || change.members.length > 0
        if (plain !== undefined && !hasMembers) {
          if (await writeGroup(id, plain.group, undefined, Number(plain.was.version)))
            return plain.was.displayName === plain.group.displayName ? [] : members.idsOf(id)
          continue
        }
        const done = await inTransaction(connection, all)
        if (done === null) return null
        await lookAgain(source, id, done.toDo.add)
        sayUnknown(source, id, done.toDo)
        return done.users
      }
    },
    deleteGroup: async (source, id, condition) => {
      const left = await inTransaction(connection, async (session) => {
        const { group } = await factsAbout(source, id, [], { session, withVersion: true })
        if (group === null) return null
        condition?.(withState(group, group['latest']).version)
        await groups.updateOne({ _id: id }, [{ $set: { isHere: false, deletedAt: '$$NOW' } }], { session })
        await groups.updateOne({ _id: id }, { $currentDate: stamped, $inc: { version: 1 } }, { session })
        const ids = await members.idsOf(id, session)
        if (ids.length > 0) await members.remove({ group: id }, session)
        return ids
      })
      // Whoever was added at this very moment: see `lookAgain`.
      if (left !== null) await members.remove({ group: id })
      return left
    },
    async *membersOf(group) {
      for await (const batch of members.batchesOf([group])) yield batch.map(({ user }) => user)
    },
    membersOfEach: async (ids, most) => {
      const all = new Map<string, string[]>()
      let count = 0
      let isCut = false
      for await (const batch of members.batchesOf(ids)) {
        for (const { group, user } of batch) {
          const list = all.get(group) ?? []
          list.push(user)
          all.set(group, list)
        }
        count += batch.length
        isCut = count > most && all.size > 1
        if (isCut) break
      }
      if (!isCut) return new Map(ids.map((id) => [id, all.get(id) ?? []]))
      // The last one may have more than were read.
      const whole = [...all.keys()].slice(0, -1)
      const end = ids.indexOf(whole.at(-1) ?? '')
      return new Map(ids.slice(0, end + 1).map((id) => [id, all.get(id) ?? []]))
    },
  }
}

function withState(row: Document | null | undefined, latest: unknown): StoredGroup {
  const group = storedGroup(row)
  const { mark, at } = stateOf(latest ?? [])
  return {
    ...group,
    version: `${group.version}.${mark}`,
    modifiedAt: at !== null && at > group.modifiedAt ? at : group.modifiedAt,
  }
}

const taken = (): ScimError =>
  new ScimError(409, 'uniqueness', 'Another group of this source has this displayName.')
