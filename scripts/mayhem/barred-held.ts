import { spansOf, type Case } from './case.ts'
import type { Barred } from './diary.ts'
import { keyOfStretch, nameOf } from './keys.ts'
import { allowedMs, type Broken } from './promises.ts'
import type { Stretch } from './seen.ts'
import { clock, without } from './spans.ts'

/** Held by somebody of whom Curfew was told that they may not. */
export const heldThoughBarred = (of: Case): Broken[] =>
  of.barred.flatMap((barred) => of.stretches.flatMap((stretch) => heldSince(of, barred, stretch)))

function heldSince(of: Case, { principal, why, entitlements, from, to }: Barred, stretch: Stretch): Broken[] {
  const key = keyOfStretch(stretch)
  if (!stretch.key.startsWith(`${principal} `) || of.heldBefore.has(key)) return []
  const grants = of.byKey.get(key) ?? []
  const isConcerned = (name: string) => entitlements?.includes(name) ?? true
  if (!grants.some(({ grant }) => isConcerned(nameOf(grant)))) return []
  // What another grant of theirs keeps, which this does not concern, may be held.
  const others = spansOf(grants.filter(({ grant }) => !isConcerned(nameOf(grant))))
  const held = { from: Math.max(from, stretch.begins[1]), to: Math.min(to, stretch.ends[0]) }
  return without(held, others).flatMap((rest): Broken[] => {
    const since = Math.max(from, ...others.map((one) => one.to).filter((end) => end <= rest.from))
    const late = rest.to - since - of.excusedMs(stretch.system, { from: since, to: rest.to })
    if (late <= allowedMs) return []
    const what = `${why} since ${clock(from)}, held until ${clock(rest.to)}: ${Math.round(late)} ms beyond what was down`
    return [{ promise: 'held after leaving, unfit or without the group', what, at: rest.to, key }]
  })
}
