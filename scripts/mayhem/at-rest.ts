import { isApproved, isOpen, type Grant } from '../../src/domain/grant.ts'
import type { Case } from './case.ts'
import { keyOf, keyOfStretch } from './keys.ts'
import type { Broken } from './promises.ts'

/** Once all is quiet nothing is under way, and nothing is held but by rule. */
export function stuck(of: Case): Broken[] {
  const { grants, heldBefore, stretches, byKey, lasted } = of
  const open = grants
    .filter((grant) => isOpen(grant) && grant.status !== 'recurring' && !stands(grant))
    .map((grant) => ({
      what: `grant ${grant.id} is ${grant.status}`,
      key: isApproved(grant) ? keyOf(grant) : null,
    }))
  const standing = new Set(grants.filter(stands).filter(isApproved).map(keyOf))
  const held = stretches
    .filter(({ isToTheEnd }) => isToTheEnd)
    .map(keyOfStretch)
    .filter((key) => !heldBefore.has(key) && !standing.has(key))
    .map((key) => ({ what: `still held, of ${byKey.get(key)?.length ?? 0} grants`, key }))
  const busy = busyHolds(of).map((what) => ({ what, key: null }))
  return [...open, ...busy, ...held].map((one) => ({ promise: 'stuck', at: lasted.to, ...one }))
}

/** One line of each hold that is not at rest. */
function busyHolds({ holds, grants }: Case): string[] {
  const standing = new Set(grants.filter(stands).map(({ id }) => id))
  return holds.flatMap(({ principal, claims, call, watch, leftover }) => {
    const claimed = Object.keys(claims).filter((id) => !standing.has(id))
    const why = [
      ...(claimed.length > 0 ? [`claimed by ${claimed.join()}`] : []),
      ...(call !== null ? [`about to ${call}`] : []),
      ...(watch !== null ? ['watched'] : []),
      ...(leftover !== null ? ['not cleaned up'] : []),
    ]
    return why.length > 0 ? [`hold of ${principal} is ${why.join(', ')}`] : []
  })
}

/** Held by rule, and rightly so to the end. */
const stands = (grant: Grant): boolean => grant.isStanding && grant.status === 'active'
