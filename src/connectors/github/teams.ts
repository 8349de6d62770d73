import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { Refused, refused, system } from './failure.ts'

const perPage = 100

const teamSchema = z.object({
  node_id: z.string(),
  slug: z.string(),
  name: z.string(),
  type: z.string().optional(),
})
const organizationSchema = z.object({ id: z.number() })
const membersSchema = z.array(z.object({ id: z.number(), login: z.string() }))
/** In a team, or in the organization. */
export const membership = z.object({ state: z.enum(['active', 'pending']), role: z.string() })
const anything = z.array(z.unknown())
const invitationsSchema = z.array(
  z.object({
    id: z.number(),
    login: z.string().nullish(),
    inviter: z.object({ login: z.string() }).nullish(),
  }),
)
const invitedIntoSchema = z.array(z.object({ id: z.number() }))
const ownMembersSchema = z.object({
  node: z
    .object({
      members: z.object({
        nodes: z.array(z.object({ databaseId: z.number(), login: z.string() })),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    })
    .nullable(),
})

/** REST counts the members of the teams below as well; this does not. */
const ownMembersQuery = `query ($team: ID!, $after: String) {
  node(id: $team) {
    ... on Team {
      members(first: ${perPage}, after: $after, membership: IMMEDIATE) {
        nodes { databaseId login }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`

export interface Team {
  readonly id: number
  /** For GraphQL. */
  readonly node: string
  readonly slug: string
  readonly name: string
  readonly isOfEnterprise: boolean
}

export interface Member {
  readonly id: number
  readonly login: string
}

/** How somebody is in a team: `below` is in a team below it, and not in it itself. */
export type Standing = 'member' | 'below' | 'pending' | 'none'

/** The teams of one organization. They are addressed by number: a team that is renamed stays the same team. */
export interface Teams {
  /** Null where there is none, or it is hidden from Curfew. */
  find(id: number, signal: AbortSignal): Promise<Team | null>
  /**
   * Ends well where what Curfew does not see is not there; rejects where it may be hidden. An app, and an owner of the
   * organization, see all its teams.
   */
  expectAllSeen(what: string, signal: AbortSignal): Promise<void>
  standing(team: number, login: string, signal: AbortSignal): Promise<Standing>
  /** Makes somebody a member, whom the answer tells to be one or to be invited only. */
  put(team: number, login: string, signal: AbortSignal): Promise<'active' | 'pending'>
  /** Ends a membership, also one that is pending; rejects with a `Refused` that `isMissing` where there is none. */
  remove(team: number, login: string, signal: AbortSignal): Promise<void>
  /** A page of those who are in the team itself. */
  members(
    team: number,
    after: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly members: readonly Member[]; readonly next: string | null }>
  /** How somebody is in the organization. */
  inOrganization(login: string, signal: AbortSignal): Promise<'active' | 'pending' | 'none'>
  /** Calls back an invitation into the organization, where there is one. */
  uninvite(login: string, signal: AbortSignal): Promise<void>
  /**
   * Calls back an invitation that putting somebody into the team made, and tells whether there was one: of Curfew's own
   * account, and into no other team.
   */
  uninviteFrom(team: number, login: string, signal: AbortSignal): Promise<boolean>
}

export function teamsOf(organization: string, api: Api): Teams {
  const org = `/orgs/${organization}`
  let knownId: number | null = null

  /** Asked once: its name may become another's, its number never. */
  async function organizationId(signal: AbortSignal): Promise<number> {
    const doing = `look up the organization ${organization}`
    if (knownId !== null) return knownId
    const found = await orNull(api.read(organizationSchema, { doing, path: org, signal }))
    if (found === null) throw refused(doing, 'it does not exist, or is hidden from Curfew')
    knownId = found.id
    return found.id
  }

  const at = async (team: number, signal: AbortSignal) =>
    `/organizations/${await organizationId(signal)}/team/${team}`

  async function find(id: number, signal: AbortSignal): Promise<Team | null> {
    const path = await at(id, signal)
    const found = await orNull(api.read(teamSchema, { doing: `look up the team ${id}`, path, signal }))
    if (found === null) return null
    const { node_id: node, slug, name, type } = found
    return { id, node, slug, name, isOfEnterprise: type === 'enterprise' }
  }

  async function hasTeamsBelow(team: number, signal: AbortSignal): Promise<boolean> {
    const path = `${await at(team, signal)}/teams?per_page=1`
    const doing = `read which teams are below the team ${team}`
    return (await api.read(anything, { doing, path, signal })).length > 0
  }

  async function ownMembers(team: number, after: string | null, signal: AbortSignal) {
    const doing = `list who is in the team ${team} itself`
    const found = await find(team, signal)
    if (found === null)
      throw new Refused(404, `${system} could not ${doing}: it does not exist, or is hidden from Curfew`, {
        retryable: false,
      })
    const variables = { team: found.node, after }
    const { node } = await api.query(ownMembersSchema, { doing, query: ownMembersQuery, variables, signal })
    if (node === null) throw refused(doing, 'it is hidden from Curfew')
    const { nodes, pageInfo } = node.members
    const members = nodes.map(({ databaseId: id, login }) => ({ id, login }))
    return { members, next: pageInfo.hasNextPage ? pageInfo.endCursor : null }
  }

  async function isItsOwn(team: number, login: string, signal: AbortSignal): Promise<boolean> {
    for (let after: string | null = null; ;) {
      const { members, next } = await ownMembers(team, after, signal)
      if (members.some((one) => isSameLogin(one.login, login))) return true
      if (next === null) return false
      after = next
    }
  }

  const pathOf = async (team: number, login: string, signal: AbortSignal) =>
    `${await at(team, signal)}/memberships/${encodeURIComponent(login)}`

  async function invitationOf(login: string, doing: string, signal: AbortSignal) {
    for (let page = ''; ;) {
      const path = `${org}/invitations?per_page=${perPage}${page}`
      const { items, next } = await api.page(invitationsSchema, { doing, path, signal })
      const theirs = items.find((one) => isSameLogin(one.login ?? '', login))
      if (theirs !== undefined || next === null) return theirs ?? null
      page = `&page=${next}`
    }
  }

  /** As GitHub names Curfew as an inviter. */
  async function ownLogin(doing: string, signal: AbortSignal): Promise<string> {
    const installed = await api.login.installation({ doing, signal })
    return installed === null ? (await api.self(signal)).login : `${installed.app_slug}[bot]`
  }

  return {
    find,

    async expectAllSeen(what, signal) {
      const doing = `tell whether ${what} is gone`
      await api.read(anything, { doing, path: `${org}/teams?per_page=1`, signal })
      if (api.login.isApp) return
      const path = `/user/memberships${org}`
      const own = await orNull(api.read(membership, { doing, path, signal }))
      if (own?.state === 'active' && own.role === 'admin') return
      throw refused(doing, 'it may be hidden from the owner of the token, who does not own the organization')
    },

    async standing(team, login, signal) {
      const doing = `look up ${login} in the team ${team}`
      const path = await pathOf(team, login, signal)
      const found = await orNull(api.read(membership, { doing, path, signal }))
      if (found === null) return 'none'
      if (found.state === 'pending') return 'pending'
      if (!(await hasTeamsBelow(team, signal))) return 'member'
      return (await isItsOwn(team, login, signal)) ? 'member' : 'below'
    },

    async put(team, login, signal) {
      const doing = `put ${login} into the team ${team}`
      const path = await pathOf(team, login, signal)
      return (await api.put(membership, { doing, path, body: { role: 'member' }, signal })).state
    },

    async remove(team, login, signal) {
      const doing = `take ${login} out of the team ${team}`
      await api.remove({ doing, path: await pathOf(team, login, signal), signal })
    },

    async members(team, after, signal) {
      const [, cursor] = /^below:(.*)$/s.exec(after ?? '') ?? []
      if (cursor !== undefined || (after === null && (await hasTeamsBelow(team, signal)))) {
        const { members, next } = await ownMembers(team, cursor ?? null, signal)
        return { members, next: next === null ? null : `below:${next}` }
      }
      const page = after === null ? '' : `&page=${encodeURIComponent(after)}`
      const path = `${await at(team, signal)}/members?per_page=${perPage}${page}`
      const doing = `list who is in the team ${team}`
      const { items, next } = await api.page(membersSchema, { doing, path, signal })
      return { members: items, next }
    },

    async inOrganization(login, signal) {
      const doing = `look up ${login} in the organization ${organization}`
      const path = `${org}/memberships/${encodeURIComponent(login)}`
      const found = await orNull(api.read(membership, { doing, path, signal }))
      return found?.state ?? 'none'
    },

    async uninvite(login, signal) {
      const doing = `call the invitation of ${login} back`
      const theirs = await invitationOf(login, doing, signal)
      if (theirs !== null) await api.remove({ doing, path: `${org}/invitations/${theirs.id}`, signal })
    },

    async uninviteFrom(team, login, signal) {
      const doing = `call the invitation of ${login} back`
      try {
        const theirs = await invitationOf(login, doing, signal)
        if (theirs === null) return false
        if (!isSameLogin(theirs.inviter?.login ?? '', await ownLogin(doing, signal))) return false
        const path = `${org}/invitations/${theirs.id}`
        const into = await api.read(invitedIntoSchema, { doing, path: `${path}/teams`, signal })
        if (into.some(({ id }) => id !== team)) return false
        await api.remove({ doing, path, signal })
        return true
      } catch (error) {
        // Whoever may not see invitations made none; or it is gone.
        if (error instanceof Refused && !error.retryable) return false
        throw error
      }
    },
  }
}

/** GitHub minds no case in logins. */
export const isSameLogin = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** Null where what is asked about is not there, or is hidden. */
export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Refused && error.isMissing) return null
    throw error
  }
}

/** Somebody was invited, which is no access, and the invitation could not be called back. */
export const stillInvited = (login: string, cause?: unknown): ConnectorError =>
  new ConnectorError(`${system} still has an invitation of ${login} into the team`, {
    retryable: true,
    cause,
  })
