import { spansOf, type Case, type Judged } from './case.ts'
import type { Span } from './diary.ts'
import { keyOf, keyOfStretch, nameOf } from './keys.ts'
import { allowedMs, clockBehindMs, sharpMs, type Broken } from './promises.ts'
import type { Stretch, System } from './seen.ts'
import { clock, lengthWithin, without } from './spans.ts'
import { lateMs } from './vpn.ts'

/** What was held, by the systems' own word, against what was agreed to. */

/** After its call was sent, a give turns up no later: the time after which calls are given up, and what the network may add. */
const latestGiveMs = 1_500 + lateMs
/** A replica that was frozen between its last look and the call sends it when it thaws (docs/holds.md, "What cannot be closed"). */
const thawedMs = 2_000

/** What Curfew says was agreed to, and was not. */
export const invented = ({ judged }: Case): Broken[] =>
  judged.flatMap(({ grant, agreed }) =>
    agreed.wrong.map((what) => ({
      promise: 'given without approval or confirmation',
      what: `grant ${grant.id} of ${nameOf(grant)}: ${what}`,
      at: grant.approvedAt.getTime(),
      key: null,
    })),
  )

/** By Curfew's own word it ran before anybody agreed to it, whatever else of the same was held then. */
export const ranTooEarly = ({ judged }: Case): Broken[] =>
  judged.flatMap(({ grant, agreed }) => {
    const activeAt = 'activeAt' in grant ? (grant.activeAt?.getTime() ?? Infinity) : Infinity
    if (agreed.span === null || activeAt >= agreed.span.from - clockBehindMs) return []
    const what = `grant ${grant.id} ran since ${clock(activeAt)}, agreed to at ${clock(agreed.span.from)}`
    return [{ promise: 'given without approval or confirmation', what, at: activeAt, key: null }]
  })

/** Held before anybody agreed to it, or after it was over. `lateness`: of each end, without what was down meanwhile; ms. */
export function heldBeyond(of: Case): { readonly broken: Broken[]; readonly lateness: number[] } {
  const broken: Broken[] = []
  const lateness: number[] = []
  for (const stretch of of.stretches) {
    const key = keyOfStretch(stretch)
    if (of.heldBefore.has(key)) continue
    const agreed = spansOf(of.byKey.get(key) ?? [])
    // As short as it can have been.
    for (const rest of without({ from: stretch.begins[1], to: stretch.ends[0] }, agreed)) {
      const ends = agreed.filter(({ from }) => from <= rest.from + sharpMs).map(({ to }) => to)
      if (ends.length === 0) {
        const what = `held from ${clock(rest.from)} to ${clock(rest.to)}`
        broken.push({ promise: 'given without approval or confirmation', what, at: rest.from, key })
        continue
      }
      const end = Math.max(...ends.filter((to) => to <= rest.from + sharpMs))
      const isBack = rest.from > end + sharpMs
      const late = isBack ? backMs(of, stretch.system, end, rest) : onMs(of, stretch.system, end, rest)
      lateness.push(late)
      if (late <= allowedMs) continue
      const what = `${isBack ? `back at ${clock(rest.from)}, ` : ''}until ${clock(rest.to)}, over at ${clock(end)}: ${Math.round(late)} ms beyond what was down`
      broken.push({ promise: 'held too long after its end', what, at: rest.to, key })
    }
  }
  return { broken, lateness }
}

/** Held on after its end: nobody could take it while something was down. */
const onMs = ({ excusedMs }: Case, system: System, end: number, rest: Span): number =>
  rest.to - end - excusedMs(system, { from: end, to: rest.to })

/**
 * Held once more after it was over: somebody gave it anew, and no trouble elsewhere excuses that. A give that was sent
 * before may turn up while calls to the system are under way, or once the system, or whoever sends it, is back.
 */
function backMs({ excusedMs, troubles, replicas }: Case, system: System, end: number, rest: Span): number {
  const ofSystem = troubles.filter(({ where }) => where === system)
  const hasThawed = troubles.some(
    ({ where, what, to }) =>
      replicas.includes(where) && what === 'frozen' && to <= rest.from && to > rest.from - thawedMs,
  )
  const sinceMs = rest.from - end - lengthWithin(ofSystem, { from: end, to: rest.from }) - latestGiveMs
  const heldMs = rest.to - rest.from - excusedMs(system, rest)
  return (hasThawed ? 0 : Math.max(0, sinceMs)) + heldMs
}

/** What was there before Curfew came is there from the first look to the last. */
export function takenThoughBefore({ heldBefore, stretches, lasted }: Case): Broken[] {
  const promise = 'stripped though held before or still needed' as const
  return [...heldBefore].flatMap((key): Broken[] => {
    const of = stretches.filter((one) => keyOfStretch(one) === key)
    if (of.length === 0)
      return [{ promise, what: 'was held before, and was never there', at: lasted.from, key }]
    return of
      .filter(({ isFromBefore, isToTheEnd }) => !isFromBefore || !isToTheEnd)
      .map(({ ends }) => ({ promise, what: 'was held before, and was taken', at: ends[1], key }))
  })
}

/** Time that people agreed to is theirs: no end is written earlier, and none comes earlier by itself. */
export const cutShort = ({ judged }: Case): Broken[] =>
  judged.flatMap(({ grant, agreed }) => {
    const [to, endsAt] = [agreed.span?.to ?? Infinity, grant.endsAt.getTime()]
    const shortMs = grant.pattern !== null || to === Infinity ? 0 : to - endsAt
    const earlyMs = 'cause' in grant && grant.cause === 'expired' ? endsAt - grant.takeAt.getTime() : 0
    const what = [
      ...(shortMs > 0 ? [`its end is ${shortMs} ms before what was agreed to`] : []),
      ...(earlyMs > 0 ? [`time was up ${earlyMs} ms before its end`] : []),
    ]
    return what.map((words) => ({
      promise: 'stripped though held before or still needed',
      what: `grant ${grant.id}: ${words}`,
      at: endsAt,
      key: grant.pattern === null ? keyOf(grant) : null,
    }))
  })

/** While a grant runs by Curfew's own word it is held. */
export const missing = (of: Case): Broken[] =>
  [...of.byKey].flatMap(([key, judged]) => judged.flatMap((one) => gapsOf(of, key, one)))

function gapsOf({ stretches, blind, lasted }: Case, key: string, { grant, span }: Judged): Broken[] {
  if (!('activeAt' in grant) || grant.activeAt === null || span === null) return []
  const activeAt = grant.activeAt.getTime()
  const held = stretches
    .filter((one) => keyOfStretch(one) === key)
    // As long as it can have been.
    .map(longest)
  const first = held.find(({ to }) => to > activeAt)?.from ?? Infinity
  const runs = {
    from: Math.max(activeAt, Math.min(first, activeAt + clockBehindMs)),
    to: Math.min(span.to, lasted.to) - sharpMs,
  }
  const unseen = blind.filter(({ system }) => key.startsWith(`${system} `))
  return without(runs, [...held, ...unseen]).map((gap) => ({
    promise: 'stripped though held before or still needed',
    what: `grant ${grant.id} ran without it for ${Math.round(gap.to - gap.from)} ms`,
    at: gap.from,
    key,
  }))
}

const longest = ({ begins, ends, isToTheEnd }: Stretch): Span => ({
  from: begins[0],
  to: isToTheEnd ? Infinity : ends[1],
})
