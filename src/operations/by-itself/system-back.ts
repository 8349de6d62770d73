import { refuse } from '../../domain/refusal.ts'
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
  world: World,
  system: string,
  { surely }: { surely: boolean },
): Promise<void> {
  const now = world.clock.now()
  const due = await world.grants.due(new Date(now.getTime() + mostRetryMs), mostAtOnce, { only: system })
  const owed = due.filter(({ status }) => status === 'granting' || status === 'revoking')
  const first = surely ? owed : owed.slice(0, 1)
  for (let at = 0; at < first.length; at += writtenAtOnce) {
    await Promise.all(
      first
        .slice(at, at + writtenAtOnce)
        .map(({ id }) =>
          world.grants.change(id, (grant, at) =>
            'tries' in grant && grant.tries > 0
              ? transition(grant, { type: 'busy', until: at }, at)
              : refuse('not-held', { grant }),
          ),
        ),
    )
  }
}
