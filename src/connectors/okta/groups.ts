import { z } from 'zod'
import type { Api } from './api.ts'
import { Refused } from './failure.ts'
import { people } from './people.ts'

const membersPerPage = 1_000
const rulesPerPage = 200

const groupSchema = z.object({
  id: z.string(),
  type: z.string(),
  profile: z.object({ name: z.string() }),
})
const idsSchema = z.array(z.object({ id: z.string() }))
const rulesSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    actions: z.object({ assignUserToGroups: z.object({ groupIds: z.array(z.string()) }).optional() }),
  }),
)

export interface Group {
  readonly id: string
  readonly name: string
  readonly type: string
}

/** Null where there is no such group. */
export async function findGroup(api: Api, id: string, signal: AbortSignal): Promise<Group | null> {
  try {
    const path = `/api/v1/groups/${id}`
    const { profile, type } = await api.read(groupSchema, { doing: `look up the group ${id}`, path, signal })
    return { id, name: profile.name, type }
  } catch (error) {
    if (error instanceof Refused && error.isMissing) return null
    throw error
  }
}

/** Why nobody can be put into a group like this; null where they can. */
export function whyClosed({ name, type }: Group): string | null {
  if (type === 'OKTA_GROUP') return null
  return type === 'BUILT_IN'
    ? `the group ${name} is built in, and Okta itself says who is in it`
    : `the group ${name} belongs to an app or directory (${type}), which says who is in it`
}

export interface Rule {
  readonly id: string
  readonly name: string
}

/** An active rule that puts people into a group; null where there is none. */
export async function ruleInto(api: Api, group: string, signal: AbortSignal): Promise<Rule | null> {
  for (let after = ''; ;) {
    const path = `/api/v1/groups/rules?limit=${rulesPerPage}${after}`
    const { items, next } = await api.page(rulesSchema, { doing: 'read the group rules', path, signal })
    const rule = items.find(
      ({ status, actions }) =>
        status === 'ACTIVE' && actions.assignUserToGroups?.groupIds.includes(group) === true,
    )
    if (rule !== undefined || next === null) return rule ?? null
    after = `&after=${encodeURIComponent(next)}`
  }
}

/** A page of those who are in a group; throws a `Refused` that `isMissing` where there is no such group. */
export async function membersOf(
  api: Api,
  { group, after, signal }: { group: string; after: string | null; signal: AbortSignal },
) {
  const from = after === null ? '' : `&after=${encodeURIComponent(after)}`
  const path = `/api/v1/groups/${group}/users?limit=${membersPerPage}${from}`
  return api.page(people, { doing: `list who is in the group ${group}`, path, signal })
}

/** Whether a person is in a group, by the groups of the person: those are few. */
export async function isIn(
  api: Api,
  { group, personId, signal }: { group: string; personId: string; signal: AbortSignal },
): Promise<boolean> {
  for (let query = ''; ;) {
    const path = `/api/v1/users/${encodeURIComponent(personId)}/groups${query}`
    const { items, next } = await api.page(idsSchema, {
      doing: `read the groups of ${personId}`,
      path,
      signal,
    })
    if (items.some(({ id }) => id === group)) return true
    if (next === null) return false
    query = `?after=${encodeURIComponent(next)}`
  }
}
