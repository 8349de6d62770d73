import type { Entitlement } from '../domain/catalog.ts'
import { refTo, type PersonFacts, type PersonRef } from '../domain/person.ts'
import type { Asking } from '../domain/policy.ts'
import { isRefusal } from '../domain/refusal.ts'
import { approveByWord } from './approve-ahead.ts'
import { fitToAsk } from './request.ts'
import type { Deciding } from './world.ts'

/**
 * Whose words, given before, would approve this if it were asked for now; nobody's where somebody would be asked all the
 * same. The form foretells by it what the request is decided by. Writes nothing.
 */
export async function whoSaidYesAhead(
  world: Deciding,
  subject: PersonFacts,
  entitlement: Entitlement,
  { durationMs, reason }: Asking,
): Promise<readonly PersonRef[]> {
  if (entitlement.preApproveMs === null) return []
  const fit = await fitToAsk(world, {
    requestId: 'foretold',
    by: refTo(subject.person),
    resource: entitlement.resource.id,
    entitlement: entitlement.id,
    reason: reason.trim() === '' ? 'not written yet' : reason,
    durationMs,
    startsAt: null,
    recurrence: null,
  })
  if (isRefusal(fit)) return []
  const { status, reviews } = await approveByWord(world, fit.asked, fit.subject, entitlement)
  return status === 'pending' ? [] : reviews.map(({ by }) => by)
}
