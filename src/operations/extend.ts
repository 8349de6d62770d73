import { findEntitlement } from '../domain/catalog.ts'
import { explain } from '../domain/explain.ts'
import type { Grant } from '../domain/grant.ts'
import type { SlackIdentity } from '../domain/person.ts'
import { mayHold } from '../domain/policy.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { isSame } from './withdraw.ts'
import type { World } from './world.ts'

/**
 * The holder wants more time than the end they saw. By the rules of now it is added at once, or asked of the approvers
 * while the old end stands. Racing the end it wins whole, or is refused: `too-late`.
 */
export async function extendGrant(
  world: World,
  { grantId, by, seenEndsAt }: { grantId: string; by: SlackIdentity; seenEndsAt: Date },
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  if (!isSame(grant.subject.slack, by)) return refuse('not-yours', { grant })
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const catalog = world.catalog()
  return world.grants.change(grantId, (current, now) => {
    const entitlement = findEntitlement(catalog, current.resource.id, current.entitlement.id)
    if (entitlement === null)
      return refuse('rules-changed', { grant: current, reasons: ['it is not in the catalog any more'] })
    const asking = { durationMs: entitlement.duration.defaultMs, reason: current.reason }
    const verdict = mayHold(facts, entitlement, asking, now)
    if (verdict.answer !== 'yes') {
      const code = verdict.answer === 'unknown' ? 'unsure' : 'rules-changed'
      return refuse(code, { grant: current, reasons: verdict.reasons.map(explain) })
    }
    const needs = entitlement.review.stages[0].needs
    const event = {
      type: 'extend',
      by: current.subject,
      seenEndsAt,
      rules: entitlement.extend,
      needs,
    } as const
    return transition(current, event, now)
  })
}
