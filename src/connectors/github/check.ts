import { z } from 'zod'
import { ConnectorError, type Lack, type Target } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { Refused } from './failure.ts'
import { teamOf, type GithubSettings } from './settings.ts'
import { isSameLogin, orNull, type Team, type Teams } from './teams.ts'

const membership = z.object({ state: z.string(), role: z.string() })
const groups = z.object({ groups: z.array(z.object({ group_name: z.string() })) })

/** A login that nobody can have: taking nobody out of a team tells whether one may. */
const nobody = 'curfew--nobody'

export async function lacksOf(
  { api, teams, settings }: { api: Api; teams: Teams; settings: GithubSettings },
  { targets, signal }: { targets: readonly Target[]; signal: AbortSignal },
): Promise<Lack[]> {
  const { organization } = settings
  const base = settings.url.replace(/\/+$/, '')
  const org = `/orgs/${organization}`

  /** What an app lacks before any team is looked at. */
  async function lacksOfApp(): Promise<Lack[]> {
    const doing = 'look up the installation of the app'
    // Signing in tells whether the key and the installation are good.
    await api.login.token({ doing, signal })
    const installed = await api.login.installation({ doing, signal })
    if (installed === null) return []
    const { account, app_slug: slug, html_url: page, permissions } = installed
    if (!isSameLogin(account.login, organization))
      return [
        {
          what: `the installation of the app ${slug} is in ${account.login}, and not in ${organization}`,
          remedy: `Install the app in ${organization}, and write the number that ends the address of its page there`,
        },
      ]
    if (permissions['members'] === 'write') return []
    return [
      {
        what: `the app ${slug} may not change who is in teams: it has the permission members: ${permissions['members'] ?? 'none'}`,
        remedy: `Set the organization permission Members of the app ${slug} to "Read and write", and accept it at ${page}`,
      },
    ]
  }

  /** What a token lacks before any team is looked at, and to whom it belongs. */
  async function lacksOfToken(): Promise<{ owner: string; isOwner: boolean; lacks: Lack[] }> {
    const { login, scopes } = await api.self(signal)
    if (scopes !== null && !scopes.some((scope) => scope === 'admin:org' || scope === 'write:org'))
      return {
        owner: login,
        isOwner: false,
        lacks: [
          {
            what: `the token of ${login} has the scopes ${scopes.filter(Boolean).join(', ') || 'none'}, and neither write:org nor admin:org`,
            remedy: 'Give the token the scope write:org, at https://github.com/settings/tokens',
          },
        ],
      }
    const path = `/user/memberships${org}`
    const doing = `look up ${login} in ${organization}`
    const own = await orForbidden(orNull(api.read(membership, { doing, path, signal })))
    if (own === 'forbidden') return { owner: login, isOwner: false, lacks: [membersLack(login)] }
    if (own?.state !== 'active')
      return {
        owner: login,
        isOwner: false,
        lacks: [
          {
            what: `${login}, to whom the token belongs, is not in the organization ${organization}`,
            remedy: `PUT ${base}${org}/memberships/${login} {"role":"member"}, which they accept`,
          },
        ],
      }
    return { owner: login, isOwner: own.role === 'admin', lacks: [] }
  }

  const membersLack = (owner: string): Lack => ({
    what: `the token of ${owner} may not read or change who is in teams of ${organization}`,
    remedy: `Give the token the organization permission Members: "Read and write" for ${organization}, at https://github.com/settings/personal-access-tokens`,
  })

  async function lacksIn(
    id: number,
    { owner, isOwner }: { owner: string | null; isOwner: boolean },
  ): Promise<(Lack | null)[]> {
    const team = await orForbidden(teams.find(id, signal))
    if (team === 'forbidden') return [membersLack(owner ?? 'Curfew')]
    if (team === null)
      return [
        {
          what: `the team ${id} does not exist in ${organization}, or is hidden from Curfew`,
          remedy: null,
        },
      ]
    if (team.isOfEnterprise)
      return [
        {
          what: `the team ${team.name} belongs to the enterprise, which says who is in it`,
          remedy: `Give a team that was made in the organization: POST ${base}${org}/teams`,
        },
      ]
    return [
      await syncLack(team, {
        path: `${org}/teams/${team.slug}/external-groups`,
        end: `DELETE ${base}${org}/teams/${team.slug}/external-groups`,
      }),
      await syncLack(team, {
        path: `${org}/teams/${team.slug}/team-sync/group-mappings`,
        end: `PATCH ${base}${org}/teams/${team.slug}/team-sync/group-mappings {"groups":[]}`,
      }),
      await changeLack(team, { owner, isOwner }),
    ]
  }

  /** Whether an identity provider says who is in a team; only where GitHub tells that at all. */
  async function syncLack(
    { name }: Team,
    { path, end }: { path: string; end: string },
  ): Promise<Lack | null> {
    const doing = `read which groups of an identity provider fill the team ${name}`
    try {
      const [group] = (await api.read(groups, { doing, path, signal })).groups
      if (group === undefined) return null
      return {
        what: `the group ${group.group_name} of the identity provider says who is in the team ${name}`,
        remedy: `${end}, or give another team`,
      }
    } catch (error) {
      // Whoever has no identity provider is told so in several ways, all of them refusals.
      if (error instanceof ConnectorError && !error.retryable) return null
      throw error
    }
  }

  async function changeLack(
    { id, name, slug }: Team,
    { owner, isOwner }: { owner: string | null; isOwner: boolean },
  ): Promise<Lack | null> {
    if (owner !== null && !isOwner) {
      const path = `${org}/teams/${slug}/memberships/${owner}`
      const doing = `look up ${owner} in the team ${name}`
      const own = await orNull(api.read(membership, { doing, path, signal }))
      if (own?.role !== 'maintainer' || own.state !== 'active')
        return {
          what: `${owner}, to whom the token belongs, may not change who is in the team ${name}`,
          remedy: `PUT ${base}${path} {"role":"maintainer"}`,
        }
    }
    const changed = await orForbidden(orNull(teams.remove(id, nobody, signal)))
    return changed === 'forbidden' && owner !== null ? membersLack(owner) : null
  }

  const whole = api.login.isApp
    ? { owner: null, isOwner: false, lacks: await lacksOfApp() }
    : await lacksOfToken()
  if (whole.lacks.length > 0) return whole.lacks
  const found = await Promise.all([...new Set(targets.map(teamOf))].map((id) => lacksIn(id, whole)))
  const lacks = found.flat().filter((lack) => lack !== null)
  return [...new Map(lacks.map((lack) => [lack.what, lack])).values()]
}

/** What a call resolves to; `forbidden` where a right is missing. */
async function orForbidden<T>(call: Promise<T>): Promise<T | 'forbidden'> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Refused && error.status === 403 && !error.retryable) return 'forbidden'
    throw error
  }
}
