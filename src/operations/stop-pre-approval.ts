import { findEntitlement } from '../domain/catalog.ts'
import { refTo, type SlackIdentity } from '../domain/person.ts'
import { isAdmin } from '../domain/policy.ts'
import { isTheirs, type PreApproval } from '../domain/pre-approval.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import type { World } from './world.ts'

/** Takes back what was approved ahead: its approver, whom it is for, or an admin. What was given by it runs on. Done twice is done. */
export async function stopPreApproval(
  world: World,
  { id, by }: { id: string; by: SlackIdentity },
): Promise<PreApproval | Refusal> {
  const found = await world.preApprovals.get(id)
  if (found === null) return refuse('not-found')
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const entitlement = findEntitlement(world.catalog(), found.resource.id, found.entitlement.id)
  const mayStop =
    isTheirs(found, facts) || (facts.isHere && entitlement !== null && isAdmin(facts.person, entitlement))
  if (!mayStop) return refuse('not-yours')
  return (await world.preApprovals.stop(id, refTo(facts.person), world.clock.now())) ?? refuse('not-found')
}
