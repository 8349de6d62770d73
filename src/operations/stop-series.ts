import type { Grant } from '../domain/grant.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { ByAdmin } from './as-admin.ts'
import { asKeeper } from './as-keeper.ts'
import type { World } from './world.ts'

/** No window of a series opens any more, and what is open is ended. The holder, an admin or an approver may. */
export async function stopSeries(world: World, { grantId, by }: ByAdmin): Promise<Grant | Refusal> {
  return asKeeper(world, { grantId, by }, async (seen, { ref, isHolder }) => {
    // What was asked for once is its holder's and the admins' to end.
    if (seen.pattern === null) return refuse('not-held', { grant: seen })
    return world.grants.change(grantId, (series, now) => {
      const isMine = series.status === 'recurring' && series.stop?.by?.id === ref.id
      const isOver = 'cause' in series && series.endedBy?.id === ref.id
      if (isMine || isOver) return series
      const cause = isHolder ? 'released' : 'revoked'
      return transition(series, { type: 'end', cause, by: ref, note: null, takeAt: now }, now)
    })
  })
}
