import { z } from 'zod'
import { ConnectorError, type Lack, type Target } from '../../domain/connector.ts'
import type { Api } from './api.ts'
import { lackOf, lookAtLogin, orRefused, type Owner } from './check-login.ts'
import { Refused } from './failure.ts'
import { teamOf, type GithubSettings } from './settings.ts'
import { membership, orNull, type Team, type Teams } from './teams.ts'

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

  async function lackIn(id: number, owner: Owner | null): Promise<Lack | null> {
    const team = await orRefused(teams.find(id, signal))
    if (team instanceof Refused) return lackOf(team, owner, settings)
    if (team === null)
      return {
        what: `the team ${id} does not exist in ${organization}, or is hidden from Curfew`,
        remedy: null,
      }
    if (team.isOfEnterprise)
      return {
        what: `the team ${team.name} belongs to the enterprise, which says who is in it`,
        remedy: `Give a team that was made in the organization: POST ${base}${org}/teams`,
      }
    return (
      (await fillingOf(team, 'external-groups', 'DELETE')) ??
      (await fillingOf(team, 'team-sync/group-mappings', 'PATCH', ' {"groups":[]}')) ??
      (await changeLack(team, owner))
    )
  }

  /** Whether an identity provider says who is in a team; only where GitHub tells that at all. */
  async function fillingOf({ name, slug }: Team, by: string, ends: string, body = ''): Promise<Lack | null> {
    const doing = `read which groups of an identity provider fill the team ${name}`
    const path = `${org}/teams/${slug}/${by}`
    try {
      const [group] = (await api.read(groups, { doing, path, signal })).groups
      if (group === undefined) return null
      return {
        what: `the group ${group.group_name} of the identity provider says who is in the team ${name}`,
        remedy: `${ends} ${base}${path}${body}, or give another team`,
      }
    } catch (error) {
      // Whoever has no identity provider is told so in several ways, all of them refusals.
      if (error instanceof ConnectorError && !error.retryable) return null
      throw error
    }
  }

  async function changeLack({ id, name, slug }: Team, owner: Owner | null): Promise<Lack | null> {
    if (owner !== null && !owner.ownsAll) {
      const path = `${org}/teams/${slug}/memberships/${owner.login}`
      const doing = `look up ${owner.login} in the team ${name}`
      const own = await orNull(api.read(membership, { doing, path, signal }))
      if (own?.role !== 'maintainer' || own.state !== 'active')
        return {
          what: `${owner.login}, to whom the token belongs, may not change who is in the team ${name}`,
          remedy: `PUT ${base}${path} {"role":"maintainer"}`,
        }
    }
    const rehearsed = await orRefused(orNull(teams.remove(id, nobody, signal)))
    return rehearsed instanceof Refused ? lackOf(rehearsed, owner, settings) : null
  }

  const { owner, lacks } = await lookAtLogin(api, settings, signal)
  if (lacks.length > 0) return [...lacks]
  const found = await Promise.all([...new Set(targets.map(teamOf))].map((id) => lackIn(id, owner)))
  const missing = found.filter((lack) => lack !== null)
  return [...new Map(missing.map((lack) => [lack.what, lack])).values()]
}
