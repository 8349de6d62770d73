import type { Grant } from '../domain/grant.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import { windowGrantId } from '../domain/series.ts'
import { transition } from '../domain/transition.ts'
import { asKeeper } from './as-keeper.ts'
import type { ByAdmin } from './as-admin.ts'
import type { World } from './world.ts'

/**
 * One window of a series does not open; one that is open, or just about to, is ended. The holder, an admin or an approver
 * may. Skipped twice is skipped.
 */
export async function skipWindow(
  world: World,
  { grantId, index, by }: ByAdmin & { index: number },
): Promise<Grant | Refusal> {
  return asKeeper(world, { grantId, by }, async (_series, { ref, isHolder }) => {
    const skipped = await world.grants.change(grantId, (series, now) =>
      transition(series, { type: 'skip', by: ref, index }, now),
    )
    if (!isRefusal(skipped)) return skipped
    const made = await world.grants.get(windowGrantId(grantId, index))
    if (made === null) return skipped
    const cause = isHolder ? 'released' : 'revoked'
    return world.grants.change(made.id, (window, now) => {
      const isMine = 'cause' in window && window.endedBy?.id === ref.id
      return isMine
        ? window
        : transition(window, { type: 'end', cause, by: ref, note: null, takeAt: now }, now)
    })
  })
}
