import type { Grant } from '../domain/grant.ts'
import { refTo } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { asAdmin, type ByAdmin } from './as-admin.ts'
import type { World } from './world.ts'

/** "Try now": an admin has a late debt tried again at once. */
export async function tryNow(world: World, { grantId, by }: ByAdmin): Promise<Grant | Refusal> {
  return asAdmin(world, { grantId, by }, (grant, admin, now) => {
    return transition(grant, { type: 'try-now', by: refTo(admin) }, now)
  })
}
