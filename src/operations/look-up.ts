import type { Known, PersonFacts, PersonRef } from '../domain/person.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { entitlementsOf } from './admins.ts'
import { explainPerson, type PersonExplained } from './explain-person.ts'
import type { World } from './world.ts'

/**
 * An admin looks somebody up, by their Slack user id: who they are, and what concerns what the admin looks after, and
 * nothing else. Whoever is no admin any more is refused.
 */
export async function lookUp(
  world: Pick<World, 'catalog' | 'directory' | 'clock' | 'grants'>,
  { by, userId }: { by: PersonRef; userId: string },
): Promise<PersonExplained | Refusal> {
  const viewer = await world.directory.facts(by)
  if (viewer === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const theirs = await entitlementsOf(world, viewer)
  if (theirs.length === 0) return refuse('not-an-admin')
  const whom = await factsOf(world, userId)
  if (whom === 'unknown' || whom === null)
    return refuse('unsure', { reasons: ['Slack did not say who that is'] })
  return explainPerson(world, whom, theirs)
}

/** As they are among everybody: their manager, too, is matched with what directories say then. */
async function factsOf(
  { directory }: Pick<World, 'directory'>,
  userId: string,
): Promise<Known<PersonFacts> | null> {
  const everyone = await directory.everyone()
  const listed =
    everyone === 'unknown' ? undefined : everyone.people.find(({ person }) => person.slack.userId === userId)
  return listed ?? directory.named(userId)
}
