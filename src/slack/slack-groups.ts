import { z } from 'zod'
import type { Known } from '../domain/person.ts'

/** `users` is missing where nobody was asked for, and may be where nobody is in it: then the count says so. */
const groupSchema = z.object({
  id: z.string(),
  handle: z.string().nullish(),
  date_delete: z.number().nullish(),
  users: z.array(z.string()).nullish(),
  user_count: z.coerce.number().nullish(),
})
const namedSchema = z.object({ handle: z.string() })

export interface Group {
  readonly id: string
  readonly members: Known<ReadonlySet<string>>
}

/** Every group that Slack lists, by its handle written `@dba`. */
export type Groups = ReadonlyMap<string, Group>

/** Those in force. One that cannot be read is a group whose members are unknown, where at least its name can be. */
export function parseGroups(records: readonly unknown[], onUnreadable: (record: unknown) => void): Groups {
  const found = new Map<string, Group>()
  for (const record of records) {
    const { data } = groupSchema.safeParse(record)
    if (!data) {
      onUnreadable(record)
      const named = namedSchema.safeParse(record)
      if (named.success) found.set(`@${named.data.handle}`, { id: '', members: 'unknown' })
      continue
    }
    const { id, handle, date_delete: deletedAt, users, user_count: count } = data
    if (!handle || (deletedAt ?? 0) > 0) continue
    const members = users ?? (count === 0 ? [] : null)
    found.set(`@${handle}`, { id, members: members === null ? 'unknown' : new Set(members) })
  }
  return found
}

/** Those that can be read: a condition that names another one has no answer. */
export const readable = (groups: Groups): Set<string> =>
  new Set([...groups].filter(([, { members }]) => members !== 'unknown').map(([handle]) => handle))

export function byMember(groups: Groups): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const [handle, { members }] of groups) {
    if (members === 'unknown') continue
    for (const member of members) found.set(member, (found.get(member) ?? new Set()).add(handle))
  }
  return found
}

export const groupsWith = (groups: Groups, userId: string): ReadonlySet<string> =>
  new Set(
    [...groups]
      .filter(([, { members }]) => members !== 'unknown' && members.has(userId))
      .map(([handle]) => handle),
  )
