import type { Pending } from '../domain/grant.ts'
import type { PersonFacts } from '../domain/person.ts'
import { askedOf, mayAnswer } from './asked-of.ts'
import type { World } from './world.ts'

const mostPending = 500

/** What this person may answer now, the oldest first: by the same rule as a click on a card. */
export async function waitingFor(world: World, facts: PersonFacts): Promise<Pending[]> {
  const now = world.clock.now()
  const pending = (await world.grants.pending(mostPending)).filter(({ lapsesAt }) => lapsesAt > now)
  const theirs = await Promise.all(
    pending.map(async (grant) => {
      const asked = await askedOf(world, grant)
      return asked !== null && mayAnswer(asked, grant, facts)
    }),
  )
  return pending.filter((_, i) => theirs[i])
}
