import type { Grant } from '../domain/grant.ts'
import { isSamePerson, refTo, type PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { allDone } from '../domain/writes.ts'
import type { World } from './world.ts'

/** The requester takes a pending request back, or whom it is for declines it: all lines of it that wait. Done twice is done. */
export async function withdrawRequest(
  world: World,
  { grantId, by }: { grantId: string; by: PersonRef },
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  const who = [grant.requester, grant.subject].find((one) => isSamePerson(one, by))
  if (!who) return refuse('not-yours', { grant })
  const lines = await world.grants.byRequest(grant.requestId)
  const others = lines.filter(({ id, status }) => id !== grantId && status === 'pending')
  const withdraw = (id: string) =>
    world.grants.change(id, (current, now) =>
      current.status === 'withdrawn'
        ? current
        : transition(current, { type: 'withdraw', by: refTo(who), supersededBy: null }, now),
    )
  const [outcome] = await allDone([grantId, ...others.map(({ id }) => id)].map(withdraw))
  return outcome ?? refuse('not-found')
}
