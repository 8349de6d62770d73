import type { Grant } from '../domain/grant.ts'
import { isSamePerson, type PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { World } from './world.ts'

/** "I'm done": the holder gives access back before its end. Done twice is done. */
export async function releaseGrant(
  world: World,
  { grantId, by }: { grantId: string; by: PersonRef },
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  if (!isSamePerson(grant.subject, by)) return refuse('not-yours', { grant })
  return world.grants.change(grantId, (current, now) => {
    const isReleased = 'cause' in current && current.cause === 'released'
    if (isReleased) return current
    const event = { type: 'end', cause: 'released', by: current.subject, note: null, takeAt: now } as const
    return transition(current, event, now)
  })
}
