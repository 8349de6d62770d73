import { findEntitlement } from '../domain/catalog.ts'
import type { Grant } from '../domain/grant.ts'
import type { Person, SlackIdentity } from '../domain/person.ts'
import { isAdmin } from '../domain/policy.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import type { World } from './world.ts'

export interface ByAdmin {
  readonly grantId: string
  readonly by: SlackIdentity
}

/**
 * Admins are those of the entitlement as the catalog names it now; of one that is gone, the admins of the resource's
 * other entitlements.
 */
export async function asAdmin(
  world: World,
  { grantId, by }: ByAdmin,
  decide: (grant: Grant, admin: Person, now: Date) => Grant | Refusal,
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const catalog = world.catalog()
  const entitlement = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  const others = [...(catalog.resources.get(grant.resource.id)?.entitlements.values() ?? [])]
  const isOne = (entitlement ? [entitlement] : others).some((one) => isAdmin(facts.person, one))
  if (!facts.isHere || !isOne) return refuse('not-an-admin', { grant })
  return world.grants.change(grantId, (current, now) => decide(current, facts.person, now))
}
