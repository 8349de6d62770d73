import type { Attributes, AutoRule, Entitlement } from './catalog.ts'
import { formatDuration } from './duration.ts'

/*
 * Rules that approve by themselves. In their order: the first that fits approves. What cannot be found out fits nothing:
 * then people decide, and the requester reads why.
 */

/** A rule that says yes, before its quota was asked. */
export interface Fitting {
  readonly fits: readonly AutoRule[]
  /** Why others that might have fitted do not, as sentences without a full stop. */
  readonly reasons: readonly string[]
}

export function fittingRules(entitlement: Entitlement, attributes: Attributes): Fitting {
  const fits: AutoRule[] = []
  const reasons: string[] = []
  for (const rule of entitlement.auto) {
    if (rule.notAfter !== null && attributes.now >= rule.notAfter) continue
    const answer = rule.when.evaluate(attributes)
    if (answer === 'unknown') reasons.push(`could not find out whether "${rule.because}" fits`)
    if (answer !== 'yes') continue
    if (attributes.durationMs <= rule.maxMs) fits.push(rule)
    else reasons.push(`"${rule.because}" approves at most ${formatDuration(rule.maxMs)}`)
  }
  return { fits, reasons }
}

export const usedUp = ({ because, quota }: AutoRule): string =>
  quota === null
    ? `"${because}" approves no more`
    : `"${because}" approves ${quota.uses === 1 ? 'once' : `${quota.uses} times`} in ${formatDuration(quota.perMs)}, and did`

/** What a rule's uses are counted by. */
export const quotaKey = (entitlement: Entitlement, { because }: AutoRule, personId: string): string =>
  JSON.stringify([entitlement.resource.id, entitlement.id, because, personId])
