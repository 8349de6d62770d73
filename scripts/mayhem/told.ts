import type { Case, Judged } from './case.ts'
import type { Said } from './evidence.ts'
import { keyOf, keyOfStretch, systemOf } from './keys.ts'
import { allowedMs, clockBehindMs, sharpMs, type Broken } from './promises.ts'
import type { Stretch } from './seen.ts'

const promise = 'cards or DMs that say something untrue' as const

/** What Slack was told, against what the systems said at that moment, and what stands there in the end. */
export const untrue = (of: Case): Broken[] => [
  ...of.said.flatMap((said) => whyUntrue(of, said)),
  ...of.stale.map(({ grantId, words }) => ({
    promise,
    what: `at the end, of ${grantId}: ${words}`,
    at: of.lasted.to,
    key: null,
  })),
]

function whyUntrue(of: Case, { grantId, at, what, words }: Said): Broken[] {
  const judged = of.judged.find(({ grant }) => grant.id === grantId)
  if (judged === undefined) return []
  const key = keyOf(judged.grant)
  const held = heldAt(of, key, at)
  const wrong = {
    gone: held !== undefined && !isGivenAgain(of, judged, held, at) && 'it is held',
    'nothing-given': wasHeld(of, judged, at) && 'it is held, or was',
    before: !of.heldBefore.has(key) && 'it was not held before',
  }[what]
  return wrong === false ? [] : [{ promise, what: `${wrong}: “${words}”`, at, key }]
}

/** As it was held at that moment; undefined: it was not. */
const heldAt = ({ stretches }: Case, key: string, at: number): Stretch | undefined =>
  stretches.find(
    (one) =>
      keyOfStretch(one) === key && one.begins[1] < at - sharpMs && (one.isToTheEnd || at < one.ends[0]),
  )

/**
 * It was gone, as the systems said in between or may have between two looks, and is given again by another grant. One that
 * ran all along keeps it: then nothing is gone, and Curfew has other words for that.
 */
function isGivenAgain(of: Case, judged: Judged, { begins }: Stretch, at: number): boolean {
  const { grant } = judged
  const overAt = 'takeAt' in grant ? grant.takeAt.getTime() : grant.endsAt.getTime()
  return othersAt(of, judged, at).some(({ grant: other }) => {
    const activeAt = 'activeAt' in other ? (other.activeAt?.getTime() ?? 0) : 0
    return begins[1] > overAt || activeAt > overAt - clockBehindMs
  })
}

/** Other grants of the same that may be held then: also as nobody could take them while something was down. */
const othersAt = ({ byKey, excusedMs }: Case, { grant }: Judged, at: number): Judged[] =>
  (byKey.get(keyOf(grant)) ?? []).filter(({ grant: other, span }) => {
    if (other.id === grant.id || span === null || span.from > at + sharpMs) return false
    const lateMs =
      at <= span.to ? 0 : at - span.to - excusedMs(systemOf(other.system), { from: span.to, to: at })
    return lateMs <= allowedMs
  })

/** It was held at some time from when it was agreed to until then, and not for another grant, nor before. */
const wasHeld = (of: Case, judged: Judged, at: number): boolean =>
  of.stretches.some(
    (one) =>
      keyOfStretch(one) === keyOf(judged.grant) &&
      one.begins[1] < at - sharpMs &&
      (one.isToTheEnd || one.ends[0] > (judged.span?.from ?? Infinity)) &&
      !isAnothers(of, judged, one.begins[1]) &&
      !isAnothers(of, judged, Math.min(at, one.ends[0])),
  )

/** What is held was there before, or is another grant's: of this one nothing was given. */
const isAnothers = (of: Case, judged: Judged, at: number): boolean =>
  of.heldBefore.has(keyOf(judged.grant)) || othersAt(of, judged, at).length > 0
