import { ConnectorError, type Connector, type ConnectorKind } from '../../domain/connector.ts'
import { afterSending } from '../after-sending.ts'
import { placeAt } from '../http/settings.ts'
import { apiAt } from './api.ts'
import { lacksOf } from './check.ts'
import { Refused, system } from './failure.ts'
import { findGroup, isIn, membersOf, ruleInto, whyClosed } from './groups.ts'
import { accountsOf, findPerson, isCalled, isDeactivated, nameOf, type Person } from './people.ts'
import { groupOf, oktaSettings, oktaTarget, type OktaSettings } from './settings.ts'

/**
 * Membership of a group of Okta. Both calls repeat as 204, so both are idempotent.
 *
 * - People are looked up by the whole of their login or e-mail address, and addressed by their id.
 * - Groups of apps and directories, built-in ones, and those that an active rule puts people into, are refused: somebody
 *   else says who is in them, and would put back what was taken.
 * - Several accounts may have one e-mail address. Somebody holds a group while any of theirs is in it.
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

    /** Those of somebody who is not found among all, by the members of a group. */
    async function accountsInside(group: string, principal: string, signal: AbortSignal): Promise<Person[]> {
      const inside: Person[] = []
      for (let after: string | null = null; ;) {
        const { items, next } = await membersOf(api, { group, after, signal })
        inside.push(...items.filter((one) => isCalled(one, principal, by)))
        if (next === null) return inside
        after = next
      }
    }

    /** Of these those who are in a group. */
    async function inside(
      group: string,
      accounts: readonly Person[],
      signal: AbortSignal,
    ): Promise<readonly Person[]> {
      const are = await Promise.all(
        accounts.map(({ id: personId }) =>
          isIn(api, { group, personId, signal }).catch((error: unknown) => {
            unlessMissing(error)
            return false
          }),
        ),
      )
      return accounts.filter((_, i) => are[i])
    }

    /** The accounts of a principal that a take removes from a group. */
    async function taken(group: string, principal: string, signal: AbortSignal): Promise<readonly Person[]> {
      const accounts = await accountsOf(api, { principal, by, signal })
      // Taking out who is not in it does no harm: one account need not be looked for there.
      if (accounts.length === 1) return accounts
      const here =
        accounts.length === 0
          ? await accountsInside(group, principal, signal)
          : await inside(group, accounts, signal)
      // Who was deactivated holds the group, so no other account of theirs was given it: that came there by hand.
      const left = here.filter(isDeactivated)
      return left.length > 0 ? left : here
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
        if (isDeactivated(person)) throw refused('they are deactivated')
        const doing = `put ${principal} into the group ${group.name}`
        await api.change('PUT', { doing, path: membership(id, person.id), signal })
      },

      async take({ principal, target, signal }) {
        const id = groupOf(target)
        let wasSent = false
        const take = async (): Promise<void> => {
          for (const person of await taken(id, principal, signal)) {
            const doing = `take ${principal} out of the group ${id}`
            await api
              .change('DELETE', { doing, path: membership(id, person.id), signal })
              .catch(unlessMissing)
            wasSent = true
          }
        }
        // The group is gone, or the person went meanwhile.
        await afterSending(
          () => wasSent,
          () => take().catch(unlessMissing),
        )
      },

      async has({ principal, target, signal }) {
        const group = groupOf(target)
        try {
          const accounts = await accountsOf(api, { principal, by, signal })
          const here =
            accounts.length === 0
              ? await accountsInside(group, principal, signal)
              : await inside(group, accounts, signal)
          return here.length > 0
        } catch (error) {
          unlessMissing(error)
          return false
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

/** What is not there need not be taken. */
function unlessMissing(error: unknown): void {
  if (!(error instanceof Refused && error.isMissing)) throw error
}

const membership = (group: string, personId: string): string =>
  `/api/v1/groups/${group}/users/${encodeURIComponent(personId)}`
