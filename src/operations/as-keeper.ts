import { findEntitlement } from '../domain/catalog.ts'
import type { Grant } from '../domain/grant.ts'
import { isSamePerson, refTo, type PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
import type { ByAdmin } from './as-admin.ts'
import { panelsOf } from './panel.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** Who changes a series: its holder, or somebody of those who could have said no to it. */
export interface Keeper {
  readonly ref: PersonRef
  readonly isHolder: boolean
}

/** The holder, an admin or an approver, by the lists of now; anybody else is refused. Admins also of what left the catalog. */
export async function asKeeper(
  world: World,
  { grantId, by }: ByAdmin,
  act: (grant: Grant, keeper: Keeper) => Promise<Grant | Refusal>,
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  if (isSamePerson(grant.subject, by)) return act(grant, { ref: grant.subject, isHolder: true })
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const keeper = { ref: refTo(facts.person), isHolder: false }
  const one = withOneCatalog(world)
  const isAdmin = await isAdminOf(one, facts, grant)
  if (isAdmin && !isOutdated(world, one)) return act(grant, keeper)
  const entitlement = findEntitlement(one.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement === null) return refuse('not-an-admin', { grant })
  const panels = await panelsOf(one, entitlement, grant)
  if (isOutdated(world, one)) return newRules(grant)
  const isOne = panels.some((panel) => panel.may(facts).answer === 'yes')
  return isOne ? act(grant, keeper) : refuse('not-an-admin', { grant })
}
