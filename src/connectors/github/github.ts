import { z } from 'zod'
import type { Connector, ConnectorKind } from '../../domain/connector.ts'
import { afterSending } from '../after-sending.ts'
import { placeAt } from '../http/settings.ts'
import { apiAt } from './api.ts'
import { lacksOf } from './check.ts'
import { Refused, refused } from './failure.ts'
import { githubSettings, githubTarget, teamOf, type GithubSettings } from './settings.ts'
import { orNull, stillInvited, teamsOf } from './teams.ts'

/** Those of managed users and of apps hold more than letters, digits and hyphens. */
const loginPattern = /^[A-Za-z0-9][\w-]{0,99}(\[bot\])?$/
/** Somebody may be put in between the take and the look. */
const mostTakes = 3
const idPattern = /^[1-9]\d{0,15}$/
const loginSchema = z.object({ login: z.string().min(1) })

/**
 * Membership of a team of an organization of GitHub. Both calls repeat, so both are idempotent.
 *
 * - Nobody is invited: who is not in the organization is refused. What is pending is not held, and a take ends it too.
 * - Who is in a team below, and not in the team itself, does not hold it.
 * - Who is in the team already is left as they are: putting them in again would make a maintainer a member.
 * - GitHub answers 404 also where something is hidden: that it is gone is believed only where all can be seen.
 *
 * Source: docs.github.com, REST API for team members, GraphQL API, GitHub Apps; not tried on GitHub itself.
 */
export const github: ConnectorKind<GithubSettings> = {
  kind: 'github',
  settings: githubSettings,
  target: githubTarget,
  canonical: (target) => String(teamOf(target)),
  connect: (settings, surroundings): Connector => {
    const api = apiAt(settings, surroundings)
    const teams = teamsOf(settings.organization, api)

    /** The login of a principal; null where nobody is called so. */
    async function loginOf(principal: string, signal: AbortSignal): Promise<string | null> {
      if (settings.people === 'login') return loginPattern.test(principal) ? principal : null
      if (!idPattern.test(principal)) return null
      const path = `/user/${principal}`
      const found = await orNull(
        api.read(loginSchema, { doing: `look up the account ${principal}`, path, signal }),
      )
      return found?.login ?? null
    }

    /** The login of somebody who is not found among all, by the members of a team. */
    async function loginInside(team: number, principal: string, signal: AbortSignal): Promise<string | null> {
      if (settings.people === 'login') return null
      for (let after: string | null = null; ;) {
        const { members, next } = await teams.members(team, after, signal)
        const member = members.find(({ id }) => String(id) === principal)
        if (member !== undefined || next === null) return member?.login ?? null
        after = next
      }
    }

    /** Rejects where somebody who is not seen in a team may be in it. */
    async function expectSeen(team: number, signal: AbortSignal): Promise<void> {
      if ((await teams.find(team, signal)) === null) await teams.expectAllSeen(`the team ${team}`, signal)
    }

    return {
      async give({ principal, target, signal }) {
        const id = teamOf(target)
        const no = (why: string) => refused(`put ${principal} into the team ${id}`, why)
        const team = await teams.find(id, signal)
        if (team === null) throw no('the team does not exist, or is hidden from Curfew')
        if (team.isOfEnterprise) throw no('it belongs to the enterprise, which says who is in it')
        const login = await loginOf(principal, signal)
        if (login === null) throw no('nobody is called so')
        const inside = await teams.inOrganization(login, signal)
        if (inside === 'none')
          throw no(`they are not in the organization ${settings.organization}, or nobody is called so`)
        if (inside === 'pending')
          throw (await teams.uninviteFrom(id, login, signal))
            ? no('they left the organization; the invitation that GitHub made was called back')
            : no('they have not accepted their invitation into the organization')
        if ((await teams.standing(id, login, signal)) === 'member') return
        if ((await teams.put(id, login, signal)) === 'active') return
        // They left the organization this very moment.
        try {
          await orNull(teams.remove(id, login, signal))
          await teams.uninvite(login, signal)
        } catch (error) {
          throw stillInvited(login, error)
        }
        throw no('they left the organization; the invitation that GitHub made was called back')
      },

      async take({ principal, target, signal }) {
        const id = teamOf(target)
        let wasSent = false
        const take = async (): Promise<void> => {
          const login = (await loginOf(principal, signal)) ?? (await loginInside(id, principal, signal))
          if (login === null) return
          for (let attempt = 0; attempt < mostTakes; attempt += 1) {
            const done = await orNull(teams.remove(id, login, signal).then(() => true))
            if (done === null) await expectSeen(id, signal)
            else wasSent = true
            const standing = await teams.standing(id, login, signal)
            if (!done && standing === 'member') continue
            // Of a give that could not call back its own.
            const isInvited = (await teams.inOrganization(login, signal)) === 'pending'
            const isCalledBack = isInvited && (await teams.uninviteFrom(id, login, signal))
            if (standing === 'pending' && !isCalledBack) throw stillInvited(login)
            return
          }
          throw refused(
            `take ${login} out of the team ${id}`,
            'they are in it, and GitHub says that they are not: Curfew lacks the right',
          )
        }
        await afterSending(
          () => wasSent,
          async () => {
            try {
              await take()
            } catch (error) {
              if (!(error instanceof Refused && error.isMissing)) throw error
              // The team is gone.
              await expectSeen(id, signal)
            }
          },
        )
      },

      async has({ principal, target, signal }) {
        const id = teamOf(target)
        try {
          const login = (await loginOf(principal, signal)) ?? (await loginInside(id, principal, signal))
          const standing = login === null ? 'none' : await teams.standing(id, login, signal)
          if (standing !== 'none') return standing === 'member'
        } catch (error) {
          if (!(error instanceof Refused && error.isMissing)) throw error
        }
        await expectSeen(id, signal)
        return false
      },

      async list({ target, after, signal }) {
        const { members, next } = await teams.members(teamOf(target), after, signal)
        return {
          principals: members.map(({ id, login }) => (settings.people === 'login' ? login : String(id))),
          next,
        }
      },

      check: ({ targets, signal }) => lacksOf({ api, teams, settings }, { targets, signal }),
      canonicalPrincipal: (principal) => principal.toLowerCase(),
      canonical: (target) => String(teamOf(target)),
      where: `${placeAt('github', new URL(settings.url))} ${settings.organization.toLowerCase()}`,
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => api.close(),
    }
  },
}
