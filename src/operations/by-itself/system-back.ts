import { isRefusal, refuse } from '../../domain/refusal.ts'
import { transition } from '../../domain/transition.ts'
import { mostRetryMs } from './retry.ts'
import type { World } from '../world.ts'

/** More are found by their own next try. */
const mostAtOnce = 5_000
const writtenAtOnce = 100

/**
 * A system answers again: what is owed to it is tried now, and not when its next try would come. `surely` it does what
 * it is told; else one debt is tried first, so that a system that only seems to be back is not asked for all at once.
 */
export async function systemBack(
  { grants, clock }: Pick<World, 'grants' | 'clock'>,
  system: string,
  { surely }: { surely: boolean },
): Promise<void> {
  const soon = new Date(clock.now().getTime() + mostRetryMs)
  const due = await grants.due(soon, mostAtOnce, { only: system })
  const owed = due.filter(({ status }) => status === 'granting' || status === 'revoking')
  // Of those some were not tried yet, and wait for their instant.
  const triedNow = async (id: string): Promise<boolean> => {
    const changed = await grants.change(id, (grant, now) =>
      'tries' in grant && grant.tries > 0
        ? transition(grant, { type: 'busy', until: now }, now)
        : refuse('not-held', { grant }),
    )
    return !isRefusal(changed)
  }
  if (!surely) {
    for (const { id } of owed) if (await triedNow(id)) return
    return
  }
  for (let at = 0; at < owed.length; at += writtenAtOnce)
    await Promise.all(owed.slice(at, at + writtenAtOnce).map(({ id }) => triedNow(id)))
}
