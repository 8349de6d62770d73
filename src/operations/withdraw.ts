import type { Grant } from '../domain/grant.ts'
import { refTo, type SlackIdentity } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { World } from './world.ts'

/** The requester takes a pending request back, or whom it is for declines it. Done twice is done. */
export async function withdrawRequest(
  world: World,
  { grantId, by }: { grantId: string; by: SlackIdentity },
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  const who = [grant.requester, grant.subject].find(({ slack }) => isSame(slack, by))
  if (!who) return refuse('not-yours', { grant })
  return world.grants.change(grantId, (current, now) =>
    current.status === 'withdrawn'
      ? current
      : transition(current, { type: 'withdraw', by: refTo(who), supersededBy: null }, now),
  )
}

/** Through one workspace's token a user id means one person, whichever team a payload names beside it. */
export const isSame = (one: SlackIdentity, other: SlackIdentity): boolean => one.userId === other.userId
