import { findEntitlement } from '../domain/catalog.ts'
import { explain } from '../domain/explain.ts'
import { waitingExtension } from '../domain/extension.ts'
import type { Grant } from '../domain/grant.ts'
import { refTo, type SlackIdentity } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { panelsOf } from './panel.ts'
import type { World } from './world.ts'

/** One approver's yes or no to more time. The lists of this moment decide; one no ends it, and the old end stands. */
export async function answerExtension(
  world: World,
  {
    grantId,
    by,
    verdict,
    askedAt,
  }: { grantId: string; by: SlackIdentity; verdict: 'approve' | 'deny'; askedAt: Date },
): Promise<Grant | Refusal> {
  const seen = await world.grants.get(grantId)
  if (seen === null) return refuse('not-found')
  const catalog = world.catalog()
  const entitlement = findEntitlement(catalog, seen.resource.id, seen.entitlement.id)
  if (entitlement === null)
    return refuse('rules-changed', { grant: seen, reasons: ['it is not in the catalog any more'] })
  const earlier = seen.status === 'active' ? (waitingExtension(seen)?.approvedBy ?? []) : []
  // More time is for those who answer first: the later stages agreed to what it is.
  const [facts, [panel], ...others] = await Promise.all([
    world.directory.facts(by),
    panelsOf(world, entitlement, { ...seen, reviews: [] }),
    ...earlier.map(({ slack }) => world.directory.facts(slack)),
  ])
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const { needs } = panel.stage
  const right = panel.may(facts)
  if (right.answer !== 'yes') {
    const code = right.answer === 'unknown' ? 'unsure' : 'not-an-approver'
    return refuse(code, { grant: seen, reasons: right.reasons.map(explain) })
  }
  const still = others.map((one) => (one === 'unknown' ? one : panel.may(one).answer))
  if (still.includes('unknown')) {
    const why = 'Slack did not say whether those who approved before may still do so'
    return refuse('unsure', { grant: seen, reasons: [why] })
  }
  const voided = earlier.filter((_, i) => still[i] === 'no').map(({ id }) => id)
  const rules = entitlement.extend
  const event = {
    type: 'answer-extension',
    by: refTo(facts.person),
    verdict,
    askedAt,
    rules,
    needs,
    voided,
  } as const
  return world.grants.change(grantId, (current, now) => transition(current, event, now))
}
