import type { Grant } from '../domain/grant.ts'
import { refTo } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { asAdmin, type ByAdmin } from './as-admin.ts'
import type { World } from './world.ts'

/** "End now": an admin ends access at once. Ended twice by the same admin is ended. */
export async function revokeGrant(world: World, { grantId, by }: ByAdmin): Promise<Grant | Refusal> {
  return asAdmin(world, { grantId, by }, (grant, admin, now) => {
    const isMine = 'cause' in grant && grant.cause === 'revoked' && grant.endedBy?.id === admin.id
    if (isMine) return grant
    const event = { type: 'end', cause: 'revoked', by: refTo(admin), note: null, takeAt: now } as const
    return transition(grant, event, now)
  })
}
