import type { Active, Granting, Revoking } from '../../domain/grant.ts'
import type { World } from '../world.ts'

/**
 * Right before a call is sent: how long after its instant that is. Of the first try alone, as later ones are of a debt;
 * what is told of a later end has no instant of its own.
 */
export function observeCall(
  { clock, observe }: Pick<World, 'clock' | 'observe'>,
  grant: Granting | Active | Revoking,
): void {
  if (grant.status === 'active' || grant.tries > 0) return
  const lateSince = (at: Date): number => Math.max(0, clock.now().getTime() - at.getTime())
  if (grant.status === 'revoking') {
    observe({ type: 'end-called', cause: grant.cause, lateMs: lateSince(grant.takeAt) })
    return
  }
  const isPlanned = grant.startsAt !== null || grant.window !== null
  observe({ type: 'opening-called', isPlanned, lateMs: lateSince(grant.giveAt) })
}
