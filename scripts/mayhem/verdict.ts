import { stuck } from './at-rest.ts'
import { heldThoughBarred } from './barred-held.ts'
import { caseOf } from './case.ts'
import { endedWithoutGrounds } from './ended-early.ts'
import type { Evidence } from './evidence.ts'
import { cutShort, heldBeyond, invented, missing, ranTooEarly, takenThoughBefore } from './held.ts'
import type { Broken } from './promises.ts'
import { wrongInRecord } from './recorded.ts'
import type { Stretch } from './seen.ts'
import { untrue } from './told.ts'

export interface Verdict {
  readonly broken: readonly Broken[]
  /** How late each end was, without what was down meanwhile; ms. */
  readonly lateness: readonly number[]
  readonly stretches: readonly Stretch[]
}

/**
 * Whether every promise held. Curfew is believed nothing that others saw: what was agreed to is what people pressed and the
 * catalog asks (agreed.ts), what was held is what the systems said.
 */
export function judge(evidence: Evidence): Verdict {
  const of = caseOf(evidence)
  const { broken, lateness } = heldBeyond(of)
  return {
    broken: [
      ...invented(of),
      ...ranTooEarly(of),
      ...broken,
      ...heldThoughBarred(of),
      ...stuck(of),
      ...takenThoughBefore(of),
      ...cutShort(of),
      ...endedWithoutGrounds(of),
      ...missing(of),
      ...untrue(of),
      ...wrongInRecord(of),
    ],
    lateness,
    stretches: of.stretches,
  }
}
