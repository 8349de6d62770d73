import { refTo, type SlackIdentity } from '../domain/person.ts'
import { isTheirs, type PreApproval } from '../domain/pre-approval.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
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
  if (!isTheirs(found, facts) && !(await isAdminOf(world, facts, found))) return refuse('not-yours')
  return (await world.preApprovals.stop(id, refTo(facts.person), world.clock.now())) ?? refuse('not-found')
}
