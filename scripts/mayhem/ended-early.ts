import type { Case, Judged } from './case.ts'
import type { Grounds } from './diary.ts'
import { keyOf, nameOf } from './keys.ts'
import type { Broken } from './promises.ts'

/** Why Curfew says that it ended before its time: whoever told it of people, of laptops and of rules must have had grounds for that. */
const groundsFor: Readonly<Record<string, readonly Grounds['why'][]>> = {
  offboarded: ['left'],
  unmatched: ['no-group', 'rules'],
  unfit: ['unfit'],
  // Nothing is ever taken out of the catalog.
  removed: [],
}
/** A replica that was frozen ends by what it read before; it is frozen for 40 s at most. */
const mostFrozenMs = 45_000

export const endedWithoutGrounds = (of: Case): Broken[] => of.judged.flatMap((one) => whyNoGrounds(of, one))

/** What ends already may end for another reason as well: each end that its history tells of had grounds of its own. */
function whyNoGrounds({ grounds }: Case, { grant }: Judged): Broken[] {
  return grant.history.flatMap((happened): Broken[] => {
    const whys = happened.type === 'end' ? groundsFor[happened.cause] : undefined
    if (happened.type !== 'end' || whys === undefined) return []
    const at = happened.at.getTime()
    const isGiven = grounds.some(
      (one) =>
        whys.includes(one.why) &&
        (one.principal === null || one.principal === grant.place.principal) &&
        (one.entitlements?.includes(nameOf(grant)) ?? true) &&
        one.from <= at &&
        at <= one.to + mostFrozenMs,
    )
    if (isGiven) return []
    const what = `grant ${grant.id} of ${nameOf(grant)} ended early (${happened.cause}), and nobody told of anything by which it may`
    const key = grant.pattern === null ? keyOf(grant) : null
    return [{ promise: 'stripped though held before or still needed', what, at, key }]
  })
}
