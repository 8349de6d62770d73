import { fittingRules, quotaKey } from './auto-approval.ts'
import { findEntitlement, type AutoRule, type Catalog, type Entitlement } from './catalog.ts'
import { explainAll } from './explain.ts'
import type { PersonFacts } from './person.ts'
import { attributesOf, mayHoldAnywhere } from './policy.ts'
import type { AskedRow } from './ports/grant-records.ts'

/** What a catalog says to a request: a rule approves it, people review it, or it cannot be asked for. */
export interface Replayed {
  readonly row: AskedRow
  readonly answer: 'approved' | 'reviewed' | 'refused'
  /** The rule that approves, or why it is refused; empty where people decide as ever. */
  readonly why: string
}

/**
 * What this catalog would have said to each of these requests, at its own time, in the order of time: so quotas count
 * as they would have. Who people were is as it was recorded when they asked; what was not recorded is unknown. Taken
 * in an emergency is left out: nobody asked.
 */
export function replay(rows: readonly AskedRow[], catalog: Catalog): Replayed[] {
  const uses = new Map<string, number[]>()
  return rows
    .filter(({ isBreakGlass }) => !isBreakGlass)
    .sort((a, b) => a.requestedAt.getTime() - b.requestedAt.getTime())
    .map((row) => ({ row, ...answerTo(row, catalog, uses) }))
}

type Uses = Map<string, number[]>

function answerTo(row: AskedRow, catalog: Catalog, uses: Uses): Pick<Replayed, 'answer' | 'why'> {
  const entitlement = findEntitlement(catalog, row.resource.id, row.entitlement.id)
  if (entitlement === null) return { answer: 'refused', why: 'it is not in the catalog' }
  if (entitlement.mode === 'standing') return { answer: 'refused', why: 'it is held by rule' }
  if (entitlement.mode === 'session')
    return { answer: 'refused', why: 'it is had by confirming, not asked for' }
  const { requestedAt: at, askedMs: durationMs, reason } = row
  const asking = { durationMs, reason }
  const facts = factsOf(row)
  const verdict = mayHoldAnywhere(facts, entitlement, asking, at)
  if (verdict.answer !== 'yes') return { answer: 'refused', why: explainAll(verdict.reasons) }
  if (row.isSeries || row.requester.id !== row.subject.id) return { answer: 'reviewed', why: '' }
  const { fits } = fittingRules(entitlement, attributesOf(facts, entitlement, asking, at))
  const rule = fits.find((one) => isUsable(one, entitlement, row, uses))
  return rule ? { answer: 'approved', why: rule.because } : { answer: 'reviewed', why: '' }
}

/** Whether its quota has room, which this request then takes. */
function isUsable(rule: AutoRule, entitlement: Entitlement, { subject, requestedAt }: AskedRow, uses: Uses) {
  if (rule.quota === null) return true
  const key = quotaKey(entitlement, rule, subject.id)
  const since = requestedAt.getTime() - rule.quota.perMs
  const recent = (uses.get(key) ?? []).filter((atMs) => atMs > since)
  if (recent.length >= rule.quota.uses) return false
  uses.set(key, [...recent, requestedAt.getTime()])
  return true
}

const factsOf = ({ subject, asker }: AskedRow): PersonFacts => ({
  person: subject,
  isHere: true,
  isGuest: asker?.guest ?? false,
  isExternal: false,
  isEmailRead: true,
  zone: asker?.zone ?? '',
  groups: asker?.groups ? new Set(asker.groups) : 'unknown',
})
