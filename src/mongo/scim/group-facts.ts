import type { ClientSession, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { collectionOf } from '../connection.ts'
import { together } from '../together.ts'
import { here, rowFields } from './documents.ts'
import { withLatest } from './memberships.ts'

const sourceToo = { ...rowFields, source: 1 } as const
const ofSource = z.object({ source: z.string() })
const knownUsers = z.array(z.object({ _id: z.string() }))

/** What a change needs to know: the group, and which of the ids that are to be members are Users of the source. */
export interface Facts {
  readonly group: Document | null
  readonly known: ReadonlySet<string>
}

/** Reads what decides about a group's members: the group, and who of those named are Users. */
export function groupFacts(connection: Connection) {
  const groups = collectionOf<{ _id: string }>(connection, 'scim_groups')
  const users = collectionOf<{ _id: string }>(connection, 'scim_users')

  const isUser = (source: string, ids: readonly string[]): Document => ({
    _id: { $in: [...ids] },
    source,
    ...here,
  })
  const usersAmong = async (source: string, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    if (ids.length === 0) return new Set()
    const rows = await users.find(isUser(source, ids), { projection: { _id: 1 } }).toArray()
    return new Set(rows.map((row) => row._id))
  }
  /** The same for all who ask at once: in two round trips, however many they are. */
  const factsTogether = together<{ source: string; id: string; ids: readonly string[] }, Facts>(
    async (asked) => {
      const ids = [...new Set(asked.flatMap((one) => one.ids))]
      const [found, people] = await Promise.all([
        groups
          .find({ _id: { $in: [...new Set(asked.map(({ id }) => id))] }, ...here }, { projection: sourceToo })
          .toArray(),
        ids.length === 0
          ? []
          : users.find({ _id: { $in: ids }, ...here }, { projection: { source: 1 } }).toArray(),
      ])
      const groupsById = new Map(found.map((row) => [row._id, ofSource.parse(row).source]))
      const rows = new Map(found.map((row) => [row._id, row]))
      const sources = new Map(people.map((row) => [row._id, ofSource.parse(row).source]))
      return asked.map(({ source, id, ids: some }) => ({
        group: groupsById.get(id) === source ? (rows.get(id) ?? null) : null,
        known: new Set(some.filter((one) => sources.get(one) === source)),
      }))
    },
  )
  /** Both in one round trip. */
  const factsAbout = async (
    source: string,
    id: string,
    ids: readonly string[],
    options: { session?: ClientSession; withVersion?: boolean } = {},
  ): Promise<Facts> => {
    const { session, withVersion = false } = options
    if (session === undefined && !withVersion) return factsTogether({ source, id, ids })
    const known = [{ $match: isUser(source, ids) }, { $project: { _id: 1 } }]
    const [group] = await groups
      .aggregate(
        [
          { $match: { _id: id, source, ...here } },
          { $project: rowFields },
          ...(withVersion ? [withLatest] : []),
          ...(ids.length === 0 ? [] : [{ $lookup: { from: 'scim_users', pipeline: known, as: 'known' } }]),
        ],
        session === undefined ? {} : { session },
      )
      .toArray()
    const ofUsers = knownUsers.parse(group?.['known'] ?? [])
    return { group: group ?? null, known: new Set(ofUsers.map(({ _id }) => _id)) }
  }
  return { usersAmong, factsAbout }
}
