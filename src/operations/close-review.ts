import type { Grant } from '../domain/grant.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { ByAdmin } from './as-admin.ts'
import { asKeeper } from './as-keeper.ts'
import { reasonLength } from './request.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** An admin or an approver looked at why glass was broken, and says what came of it. Never the holder. */
export async function closeReview(
  world: World,
  { grantId, by, note }: ByAdmin & { note: string },
): Promise<Grant | Refusal> {
  const one = withOneCatalog(world)
  return asKeeper(one, { grantId, by }, async (seen, { ref }) => {
    const { length } = note.trim()
    if (length < reasonLength.least || length > reasonLength.most)
      return refuse('bad-review', { grant: seen })
    return world.grants.change(grantId, (grant, now) =>
      isOutdated(world, one)
        ? newRules(grant)
        : transition(grant, { type: 'close-review', by: ref, note: note.trim() }, now),
    )
  })
}
