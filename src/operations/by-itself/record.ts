import type { Event } from '../../domain/event.ts'
import type { Grant } from '../../domain/grant.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { transition } from '../../domain/transition.ts'
import type { World } from '../world.ts'

/**
 * What happened to a grant, by compare-and-set: one that moved on meanwhile refuses, and whoever moved it has seen to the
 * rest. A copy that was `seen` a moment ago saves a reading.
 */
export function record(
  { grants }: Pick<World, 'grants'>,
  grantId: string,
  event: Event,
  seen?: Grant,
): Promise<Grant | Refusal> {
  return grants.change(grantId, (grant, now) => transition(grant, event, now), seen)
}
