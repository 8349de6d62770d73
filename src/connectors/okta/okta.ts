import { ConnectorError, type Connector, type ConnectorKind } from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { apiAt } from './api.ts'
import { lacksOf } from './check.ts'
import { Refused, system } from './failure.ts'
import { findGroup, isIn, membersOf, ruleInto, whyClosed } from './groups.ts'
import { findPerson, nameOf } from './people.ts'
import { groupOf, oktaSettings, oktaTarget, type OktaSettings } from './settings.ts'

/**
 * Membership of a group of Okta. Both calls repeat as 204, so both are idempotent.
 *
 * - People are looked up by the whole of their login or e-mail address, and addressed by their id.
 * - Groups of apps and directories, built-in ones, and those that an active rule puts people into, are refused: somebody
 *   else says who is in them, and would put back what was taken.
 * - Somebody whom the token cannot see may be in a group all the same: then the members of the group are read.
 *
 * Source: developer.okta.com, Groups, Users and Group Rules API; not tried on Okta itself.
 */
export const okta: ConnectorKind<OktaSettings> = {
  kind: 'okta',
  settings: oktaSettings,
  target: oktaTarget,
  canonical: groupOf,
  connect: (settings, surroundings): Connector => {
    const api = apiAt(settings, surroundings)
    const { people: by } = settings

    /** The id of somebody who is not found among all, by the members of a group; null where they are not in it. */
    async function memberId(group: string, principal: string, signal: AbortSignal): Promise<string | null> {
      for (let after: string | null = null; ;) {
        const { items, next } = await membersOf(api, { group, after, signal })
        const member = items.find((one) => nameOf(one, by) === principal)
        if (member !== undefined || next === null) return member?.id ?? null
        after = next
      }
    }

    return {
      async give({ principal, target, signal }) {
        const id = groupOf(target)
        const refused = (why: string) =>
          new ConnectorError(`${system} could not put ${principal} into the group ${id}: ${why}`, {
            retryable: false,
            happened: 'no',
          })
        const group = await findGroup(api, id, signal)
        if (group === null) throw refused('the group does not exist')
        const closed = whyClosed(group)
        if (closed !== null) throw refused(closed)
        const rule = settings.rules ? await ruleInto(api, id, signal) : null
        if (rule !== null) throw refused(`the rule ${rule.name} says who is in it`)
        const person = await findPerson(api, { principal, by, signal })
        if (person === null) throw refused('nobody is called so')
        if (person.status === 'DEPROVISIONED') throw refused('they are deactivated')
        const doing = `put ${principal} into the group ${group.name}`
        await api.change('PUT', { doing, path: membership(id, person.id), signal })
      },

      async take({ principal, target, signal }) {
        const id = groupOf(target)
        try {
          const person = await findPerson(api, { principal, by, signal })
          const personId = person?.id ?? (await memberId(id, principal, signal))
          if (personId === null) return
          const doing = `take ${principal} out of the group ${id}`
          await api.change('DELETE', { doing, path: membership(id, personId), signal })
        } catch (error) {
          // The group is gone, or the person went meanwhile.
          if (!(error instanceof Refused && error.isMissing)) throw error
        }
      },

      async has({ principal, target, signal }) {
        const group = groupOf(target)
        try {
          const person = await findPerson(api, { principal, by, signal })
          return person === null
            ? (await memberId(group, principal, signal)) !== null
            : await isIn(api, { group, personId: person.id, signal })
        } catch (error) {
          if (error instanceof Refused && error.isMissing) return false
          throw error
        }
      },

      async list({ target, after, signal }) {
        const { items, next } = await membersOf(api, { group: groupOf(target), after, signal })
        const names = items.map((one) => nameOf(one, by)).filter((name) => name !== null)
        return { principals: [...new Set(names)], next }
      },

      check: ({ targets, signal }) => lacksOf(api, settings, { targets, signal }),
      canonicalPrincipal: (principal) => principal.toLowerCase(),
      canonical: groupOf,
      where: placeAt('okta', new URL(settings.url)),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => api.close(),
    }
  },
}

const membership = (group: string, personId: string): string =>
  `/api/v1/groups/${group}/users/${encodeURIComponent(personId)}`
