import type { Grant } from '../../domain/grant.ts'
import { isSamePerson, type PersonRef } from '../../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { breakGlass } from '../break-glass.ts'
import type { World } from '../world.ts'
import { actFor, ticketOf } from './confirm.ts'

/**
 * Breaks glass without confirming, where the catalog lets them while nothing that they could confirm with answers: that is
 * asked in this moment, and all read that they did.
 */
export async function withoutConfirming(
  world: World,
  { token, by }: { token: string; by: PersonRef },
): Promise<Grant | Refusal> {
  const found = await ticketOf(world, token)
  if (isRefusal(found)) return found
  if (!isSamePerson(found.by, by) || found.what.kind !== 'break-glass') return refuse('not-yours')
  const act = await actFor(world, found, { isFresh: true })
  if (isRefusal(act)) return act
  return breakGlass(world, { ...found.what, by: found.by, isUnconfirmed: true })
}
