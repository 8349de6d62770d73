import { findEntitlement } from '../domain/catalog.ts'
import type { Pending } from '../domain/grant.ts'
import { isSameHuman, type PersonFacts } from '../domain/person.ts'
import { askedOf, mayAnswer } from './asked-of.ts'
import { inOneLook } from './one-look.ts'
import { byListsAlone } from './panel.ts'
import { withOneCatalog, type Deciding, type World } from './world.ts'

const mostPending = 500

/** What this person may answer now, the oldest first: by the same rule as a click on a card. */
export async function waitingFor(world: World, facts: PersonFacts): Promise<Pending[]> {
  const now = world.clock.now()
  const pending = (await world.grants.pending(mostPending)).filter(({ lapsesAt }) => lapsesAt > now)
  const look = inOneLook(withOneCatalog(world))
  const theirs = await Promise.all(pending.map((grant) => isAskedOf(look, grant, facts)))
  return pending.filter((_, i) => theirs[i])
}

/** Most are plain by the lists alone; only of the others it is found out who else can answer them, and who stands in. */
async function isAskedOf(world: Deciding, grant: Pending, facts: PersonFacts): Promise<boolean> {
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, facts.person))) return false
  const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement === null) return false
  const plain = await byListsAlone(world, entitlement, grant, facts)
  if (plain !== null) return plain
  const asked = await askedOf(world, grant)
  return asked !== null && mayAnswer(asked, grant, facts)
}
