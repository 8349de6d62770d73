import type { Known, PersonFacts, PersonRef } from '../../domain/person.ts'
import type { World } from '../world.ts'

/** Who the holders are, as far as that can be read now. */
export interface Holders {
  /** Everybody of the workspace, where that was needed and could be read. */
  readonly everybody: Known<readonly PersonFacts[]>
  of(person: PersonRef): Known<PersonFacts>
}

/** More are found in one list of everybody. */
const fewAtMost = 20
/** Slack answers for one person about a hundred times a minute; the others have their turn at the next look. */
const mostLookedUp = 60
const atOnce = 10

/** Facts about these people, at most so old: each one is asked about, whoever the list of everybody shows. */
export async function holdersOf(
  world: World,
  people: readonly PersonRef[],
  { isEverybodyNeeded, maxAgeMs }: { isEverybodyNeeded: boolean; maxAgeMs: number },
): Promise<Holders> {
  const { directory } = world
  const wanted = new Map(people.map((person) => [person.slack.userId, person]))
  const everyone =
    isEverybodyNeeded || wanted.size > fewAtMost ? await directory.everyone(maxAgeMs) : ('unknown' as const)
  const everybody = everyone === 'unknown' ? everyone : everyone.people
  const byUserId = new Map<string, PersonFacts>()
  if (everybody !== 'unknown') for (const facts of everybody) byUserId.set(facts.person.slack.userId, facts)
  const missing = [...wanted.values()].filter(({ slack }) => !byUserId.has(slack.userId))
  const first = missing.length > mostLookedUp ? Math.floor(world.random() * missing.length) : 0
  const turns = [...missing.slice(first), ...missing.slice(0, first)].slice(0, mostLookedUp)
  for (let at = 0; at < turns.length; at += atOnce) {
    await Promise.all(
      turns.slice(at, at + atOnce).map(async (person) => {
        const facts = await (maxAgeMs < 60_000 ? directory.freshFacts(person) : directory.facts(person))
        if (facts !== 'unknown') byUserId.set(person.slack.userId, facts)
      }),
    )
  }
  return { everybody, of: ({ slack }) => byUserId.get(slack.userId) ?? 'unknown' }
}
