import { findEntitlement, isForDevice } from '../domain/catalog.ts'
import { slotOf, type Grant } from '../domain/grant.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { fitToAsk, requestAccess, withProof, type Ask } from './request.ts'
import type { World } from './world.ts'

export const mostLines = 10

export type AskSeveral = Omit<Ask, 'resource' | 'entitlement' | 'line' | 'lines'> & {
  readonly wanted: readonly Pick<Ask, 'resource' | 'entitlement'>[]
}

/** Why one of them cannot be asked for, and how many others were asked for all the same. */
export type NotOne = Refusal & {
  readonly which: Pick<Ask, 'resource' | 'entitlement'> | null
  readonly others: number
}

/**
 * Several things in one submission: a grant each, a line of one request. All are judged before the first is written, so
 * that one that cannot be had is said and nothing is asked for; one that is refused in the very moment of writing is said
 * too. Sent again, it finds what it made and makes the rest.
 */
export async function requestSeveral(
  world: World,
  { wanted, ...ask }: AskSeveral,
): Promise<readonly Grant[] | NotOne> {
  if (wanted.length === 0 || wanted.length > mostLines)
    return { ...refuse('unknown-entitlement'), which: null, others: 0 }
  const made = await world.grants.byRequest(ask.requestId)
  const isMade = (what: (typeof wanted)[number]) =>
    made.some(
      ({ resource, entitlement }) => resource.id === what.resource && entitlement.id === what.entitlement,
    )
  const next = Math.max(-1, ...made.map(({ line }) => line)) + 1
  const lines = wanted
    .filter((what) => !isMade(what))
    .map((what, i): Ask => {
      const entitlement = findEntitlement(world.catalog(), what.resource, what.entitlement)
      const isOnDevice = entitlement !== null && isForDevice(world.catalog(), entitlement)
      const device = isOnDevice ? (ask.device ?? null) : null
      return { ...ask, ...what, device, line: next + i, lines: wanted.length }
    })
  if (made.length === 0) {
    const no = await whyNotAll(world, lines)
    if (no !== null) return no
    for (const line of lines) {
      const proven = await withProof(world, line)
      if (isRefusal(proven)) return { ...proven, which: null, others: 0 }
    }
  }
  const grants: Grant[] = [...made]
  const refused: [Refusal, Ask][] = []
  for (const line of lines) {
    const outcome = await requestAccess(world, line)
    if (isRefusal(outcome)) refused.push([outcome, line])
    else grants.push(outcome)
  }
  const [first] = refused
  return first === undefined ? grants : { ...first[0], which: first[1], others: grants.length }
}

/** The first that cannot be had, by the rules of now; null: none. Writes nothing. */
export async function whyNotAll(world: World, lines: readonly Ask[]): Promise<NotOne | null> {
  for (const line of lines) {
    const fit = await fitToAsk(world, line)
    if (isRefusal(fit)) return { ...fit, which: line, others: 0 }
    const held = await world.grants.openOf(fit.subject.person.id)
    const same = held.find(
      (one) =>
        one.status !== 'pending' &&
        slotOf(one) === slotOf(fit.asked) &&
        one.resource.id === line.resource &&
        one.entitlement.id === line.entitlement,
    )
    if (same) return { ...refuse('already-held', { grant: same }), which: line, others: 0 }
    const theirs = held.find(
      (one) =>
        one.status === 'pending' &&
        one.requester.id !== fit.asked.requester.id &&
        slotOf(one) === slotOf(fit.asked) &&
        one.resource.id === line.resource &&
        one.entitlement.id === line.entitlement,
    )
    if (theirs) return { ...refuse('asked-already', { grant: theirs }), which: line, others: 0 }
  }
  return null
}
