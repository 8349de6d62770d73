import type { Case, Judged } from './case.ts'
import type { EndCause } from '../../src/domain/grant.ts'
import type { DeedKind, Grounds } from './diary.ts'
import { keyOf, nameOf } from './keys.ts'
import { allowedMs, clockBehindMs, mostHungryMs, type Broken } from './promises.ts'

/** Why Curfew says that it ended before its time: whoever told it of people, of laptops and of rules must have had grounds for that. */
const groundsFor: Readonly<Record<string, readonly Grounds['why'][]>> = {
  offboarded: ['left'],
  unmatched: ['no-group', 'rules'],
  unfit: ['unfit'],
  // Nothing is ever taken out of the catalog.
  removed: [],
}
/** What somebody must have pressed by then. */
const pressFor: Partial<Record<EndCause, DeedKind>> = { released: 'releases', revoked: 'ends' }
/** A replica that was frozen ends by what it read before; it is frozen for 40 s at most. */
const mostFrozenMs = 45_000

export const endedWithoutGrounds = (of: Case): Broken[] => of.judged.flatMap((one) => whyNoGrounds(of, one))

/** What ends already may end for another reason as well: each end that its history tells of had grounds of its own. */
function whyNoGrounds({ deeds, grounds, troubles, replicas }: Case, { grant }: Judged): Broken[] {
  const wasGiven = 'activeAt' in grant && grant.activeAt !== null
  return grant.history.flatMap((happened): Broken[] => {
    if (happened.type !== 'end') return []
    const isNobodys = happened.cause === 'failed' ? wasGiven : happened.cause in pressFor
    const whys = isNobodys ? [] : groundsFor[happened.cause]
    if (whys === undefined) return []
    const at = happened.at.getTime()
    const press = pressFor[happened.cause]
    const isPressed = deeds.some(
      ({ what, about, from }) =>
        what === press && [grant.id, grant.window?.seriesId].includes(about) && from <= at + clockBehindMs,
    )
    if (press !== undefined && isPressed) return []
    const lateMs = (from: number): number =>
      troubles.some(
        ({ where, what, ...one }) =>
          replicas.includes(where) && what === 'frozen' && one.from < at && one.to > from,
      )
        ? mostFrozenMs
        : allowedMs + mostHungryMs
    const isGiven = grounds.some(
      (one) =>
        whys.includes(one.why) &&
        (one.principal === null || one.principal === grant.place.principal) &&
        (one.entitlements?.includes(nameOf(grant)) ?? true) &&
        one.from <= at &&
        at <= one.to + lateMs(one.to),
    )
    if (isGiven) return []
    const what = `grant ${grant.id} of ${nameOf(grant)} ended early (${happened.cause}), and nobody told of anything by which it may`
    const key = grant.pattern === null ? keyOf(grant) : null
    return [{ promise: 'stripped though held before or still needed', what, at, key }]
  })
}
