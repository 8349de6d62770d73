import type { Grant } from '../domain/grant.ts'
import { isStandingRule } from '../domain/standing.ts'
import { findEntitlement, type Entitlement } from '../domain/catalog.ts'
import { isRefusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { World } from './world.ts'

function whyGone(entitlement: Entitlement | null, grant: Grant): string | null {
  if (entitlement === null) return 'it is not in the catalog any more'
  if (entitlement.system !== grant.system) return 'it is on another system now'
  if (grant.isStanding && !isStandingRule(entitlement)) return 'it is to be asked for now'
  if (!grant.isStanding && isStandingRule(entitlement)) return 'it is held by its rule now'
  return null
}

/** Ends what the catalog no longer names: run after every reload. Returns how many were ended. */
export async function endRemoved(world: World): Promise<number> {
  let ended = 0
  for (const grant of await world.grants.owed()) {
    const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
    const note = whyGone(entitlement, grant)
    if (note === null) continue
    try {
      const changed = await world.grants.change(grant.id, (current, now) =>
        transition(current, { type: 'end', cause: 'removed', by: null, note, takeAt: now }, now),
      )
      if (!isRefusal(changed)) ended++
    } catch (error) {
      world.log.error('could not end a grant that the catalog no longer names', { grantId: grant.id, error })
    }
  }
  return ended
}
