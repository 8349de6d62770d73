import type { Connector, ConnectorKind } from '../../domain/connector.ts'
import { apiAt } from './api.ts'
import { assignmentsOf } from './assignments.ts'
import { lacksOf } from './check.ts'
import { groupsOf } from './groups.ts'
import { peopleOf } from './people.ts'
import {
  canonical,
  giftOf,
  identityCenterSettings,
  identityCenterTarget,
  inWords,
  type IdentityCenterSettings,
} from './settings.ts'

/**
 * IAM Identity Center: membership of a group of its identity store, and permission sets in accounts.
 *
 * - People are looked up first, by their user name or e-mail address; what nobody there is called is given to nobody.
 * - Assignments are done by AWS later: a give and a take end when AWS says that it is done, or why not. While something
 *   else is being done to the same assignment they wait, and then do theirs.
 * - Only what is assigned to the person counts, not what they have by a group.
 * - Taking an assignment is asked for whether it is seen or not: one that is only being made is not seen.
 *
 * Source: AWS, Identity Store and IAM Identity Center API references; tried on moto 5.2.5, and not on AWS itself.
 */
export const awsIdentityCenter: ConnectorKind<IdentityCenterSettings> = {
  kind: 'aws-identity-center',
  settings: identityCenterSettings,
  target: identityCenterTarget,
  canonical,
  connect: (settings, surroundings): Connector => {
    const api = apiAt(settings, surroundings)
    const people = peopleOf(api, settings)
    const groups = groupsOf(api, people, settings)
    const assignments = assignmentsOf(api, people, settings)

    return {
      async give({ principal, target, signal }) {
        const gift = giftOf(target)
        const asked = { doing: `give ${inWords(gift)} to ${principal}`, signal }
        const userId = await people.idToGive(principal, asked)
        if (gift.kind === 'group') await groups.put({ gift, userId }, asked)
        else await assignments.create({ gift, userId }, asked)
      },

      async take({ principal, target, signal }) {
        const gift = giftOf(target)
        const asked = { doing: `take ${inWords(gift)} from ${principal}`, signal }
        const userId = await people.idOf(principal, asked)
        if (userId === null) return
        if (gift.kind === 'group') await groups.takeOut({ gift, userId }, asked)
        else await assignments.remove({ gift, userId }, asked)
      },

      async has({ principal, target, signal }) {
        const gift = giftOf(target)
        const asked = { doing: `look whether ${principal} has ${inWords(gift)}`, signal }
        const userId = await people.idOf(principal, asked)
        if (userId === null) return false
        return gift.kind === 'group'
          ? groups.isIn({ gift, userId }, asked)
          : assignments.isThere({ gift, userId }, asked)
      },

      async list({ target, after, signal }) {
        const gift = giftOf(target)
        const asked = { doing: `list who has ${inWords(gift)}`, signal }
        return gift.kind === 'group' ? groups.page(gift, after, asked) : assignments.page(gift, after, asked)
      },

      check: ({ targets, signal }) => lacksOf(api, settings, { targets, signal }),
      canonicalPrincipal: (principal) => principal.toLowerCase(),
      canonical,
      where: `aws-identity-center ${settings.instance}`,
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => api.close(),
    }
  },
}
