import type { Act } from '../domain/audit/act.ts'
import { findEntitlement } from '../domain/catalog.ts'
import { refTo, type PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
import { asAct } from './as-act.ts'
import { lookAtHeld } from './by-itself/while-held.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/**
 * An admin of this entitlement says that those people shall lose it; if they are others by now, nothing happens. The yes
 * is kept: where this replica has not heard yet of what changed, another one, or a later look, takes it.
 */
export async function confirmLoss(
  world: World,
  asked: { by: PersonRef; resource: string; entitlement: string; mark: string },
): Promise<Refusal | { confirmed: string }> {
  const one = withOneCatalog(world)
  const rule = findEntitlement(one.catalog(), asked.resource, asked.entitlement)
  const facts = await world.directory.facts(asked.by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (rule === null || !(await isAdminOf(one, facts, { resource: rule.resource, entitlement: rule })))
    return refuse('not-an-admin')
  if (isOutdated(world, one)) return newRules(null)
  const act: Act = {
    type: 'loss-confirmed',
    by: refTo(facts.person),
    about: {
      kind: 'entitlement',
      id: `${rule.resource.id}/${rule.id}`,
      name: `${rule.resource.name} ${rule.name}`,
    },
    details: { mark: asked.mark },
  }
  const isConfirmed = await asAct(
    world,
    act,
    () => world.losses.confirm(asked),
    (isTrue) => (isTrue ? 'done' : 'refused'),
  )
  if (!isConfirmed) return refuse('loss-changed')
  await world.directory.freshGroups()
  await lookAtHeld(world)
  return { confirmed: asked.mark }
}
