import { slotOf, type Grant } from '../domain/grant.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { fitToAsk, requestAccess, type Ask } from './request.ts'
import type { World } from './world.ts'

export const mostLines = 10

export type AskSeveral = Omit<Ask, 'resource' | 'entitlement' | 'line' | 'lines'> & {
  readonly wanted: readonly Pick<Ask, 'resource' | 'entitlement'>[]
}

/** Why one of them cannot be asked for; nothing was written. */
export type NotOne = Refusal & { readonly which: Pick<Ask, 'resource' | 'entitlement'> | null }

/**
 * Several things in one submission: a grant each, a line of one request. All are judged before the first is written, so
 * that one that cannot be had is said and nothing is asked for. Sent again, it finds what it made and makes the rest.
 */
export async function requestSeveral(
  world: World,
  { wanted, ...ask }: AskSeveral,
): Promise<readonly Grant[] | NotOne> {
  const lines = wanted.map((what, line): Ask => ({ ...ask, ...what, line, lines: wanted.length }))
  if (lines.length === 0 || lines.length > mostLines) return { ...refuse('unknown-entitlement'), which: null }
  const made = await world.grants.byRequest(ask.requestId)
  if (made.length === 0) {
    for (const line of lines) {
      const fit = await fitToAsk(world, line)
      if (isRefusal(fit)) return { ...fit, which: line }
      const held = await world.grants.openOf(fit.subject.person.id)
      const same = held.find(
        (one) =>
          one.status !== 'pending' &&
          slotOf(one) === 'once' &&
          one.resource.id === line.resource &&
          one.entitlement.id === line.entitlement,
      )
      if (same) return { ...refuse('already-held', { grant: same }), which: line }
      const theirs = held.find(
        (one) =>
          one.status === 'pending' &&
          one.requester.id !== fit.asked.requester.id &&
          slotOf(one) === 'once' &&
          one.resource.id === line.resource &&
          one.entitlement.id === line.entitlement,
      )
      if (theirs) return { ...refuse('asked-already', { grant: theirs }), which: line }
    }
  }
  const grants: Grant[] = []
  let refused: NotOne | null = null
  for (const line of lines) {
    const outcome = await requestAccess(world, line)
    if (isRefusal(outcome)) refused ??= { ...outcome, which: line }
    else grants.push(outcome)
  }
  return refused !== null && grants.length === 0 ? refused : grants
}
