import { findEntitlement } from '../domain/catalog.ts'
import { isRefusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { World } from './world.ts'

/** Ends what the catalog no longer names: run after every reload. Returns how many were ended. */
export async function endRemoved(world: World): Promise<number> {
  let ended = 0
  for (const grant of await world.grants.owed()) {
    const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
    if (entitlement?.system === grant.system) continue
    const note = entitlement ? 'it is on another system now' : 'it is not in the catalog any more'
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
