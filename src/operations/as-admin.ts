import type { Grant } from '../domain/grant.ts'
import type { Person, PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

export interface ByAdmin {
  readonly grantId: string
  readonly by: PersonRef
}

/** What only an admin of this grant does, by the lists of now (`admins.ts`); anybody else is refused. */
export async function asAdmin(
  world: World,
  { grantId, by }: ByAdmin,
  decide: (grant: Grant, admin: Person, now: Date) => Grant | Refusal,
): Promise<Grant | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const one = withOneCatalog(world)
  if (!(await isAdminOf(one, facts, grant))) return refuse('not-an-admin', { grant })
  return world.grants.change(grantId, (current, now) =>
    isOutdated(world, one) ? newRules(current) : decide(current, facts.person, now),
  )
}
