import { spansOf, type Case, type Judged } from './case.ts'
import type { Said } from './evidence.ts'
import { keyOf, keyOfStretch } from './keys.ts'
import { allowedMs, clockBehindMs, sharpMs, type Broken } from './promises.ts'

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
  const isHeld = isHeldAt(of, key, at)
  const wrong = {
    gone: isHeld && !isGivenAgain(of, judged, at) && 'it is held',
    'nothing-given': isHeld && !isAnothers(of, judged, at) && 'it is held',
    before: !of.heldBefore.has(key) && 'it was not held before',
  }[what]
  return wrong === false ? [] : [{ promise, what: `${wrong}: “${words}”`, at, key }]
}

const isHeldAt = ({ stretches }: Case, key: string, at: number): boolean =>
  stretches.some(
    (one) =>
      keyOfStretch(one) === key && one.begins[1] < at - sharpMs && (one.isToTheEnd || at < one.ends[0]),
  )

/**
 * Another grant has it by now: it was gone, and is given again, by a grant that began to run after this one was over. One
 * that ran all along keeps it: then nothing is gone, and Curfew has other words for that.
 */
function isGivenAgain({ byKey }: Case, { grant }: Judged, at: number): boolean {
  const overAt = 'takeAt' in grant ? grant.takeAt.getTime() : grant.endsAt.getTime()
  return (byKey.get(keyOf(grant)) ?? []).some(({ grant: other }) => {
    if (other.id === grant.id || !('activeAt' in other) || other.activeAt === null) return false
    const [from, to] = [other.activeAt.getTime(), 'endedAt' in other ? other.endedAt.getTime() : Infinity]
    return from > overAt - clockBehindMs && from < at + sharpMs && to > at - clockBehindMs
  })
}

/** What is held was there before, or is another grant's: of this one nothing was given. */
const isAnothers = ({ byKey, heldBefore }: Case, { grant }: Judged, at: number): boolean =>
  heldBefore.has(keyOf(grant)) ||
  spansOf((byKey.get(keyOf(grant)) ?? []).filter((one) => one.grant.id !== grant.id)).some(
    ({ from, to }) => from <= at && at <= to + allowedMs,
  )
