import { findEntitlement } from '../domain/catalog.ts'
import type { SlackIdentity } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
import { lookAtHeld } from './while-held.ts'
import type { World } from './world.ts'

/** An admin of this entitlement says that those people shall lose it; if they are others by now, nothing happens. */
export async function confirmLoss(
  world: World,
  asked: { by: SlackIdentity; resource: string; entitlement: string; mark: string },
): Promise<Refusal | { taken: number }> {
  const rule = findEntitlement(world.catalog(), asked.resource, asked.entitlement)
  const facts = await world.directory.facts(asked.by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (rule === null || !(await isAdminOf(world, facts, { resource: rule.resource, entitlement: rule })))
    return refuse('not-an-admin')
  if (!(await world.losses.confirm(asked))) return refuse('loss-changed')
  const { taken } = await lookAtHeld(world)
  const count = taken.get(`${rule.resource.id}/${rule.id}`) ?? 0
  return count > 0 ? { taken: count } : refuse('loss-changed')
}
