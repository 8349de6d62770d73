import type { Grant } from '../../domain/grant.ts'
import { stayingIn, type Known, type PersonFacts } from '../../domain/person.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { mentionedOf, type AskedOf } from '../../operations/asked-of.ts'
import type { Parts } from '../parts.ts'

/** Slack takes about one new message a second: no list of approvers keeps everybody else's cards waiting for minutes. */
const most = 50

export interface Outside {
  readonly userIds: readonly string[]
  /** False where Slack does not say now who is asked, or who sees the channel: there may be more. */
  readonly isWhole: boolean
}

/**
 * Who is asked and cannot see the card, people and members of groups alike: those who are not in its channel, or
 * everyone who may answer when it could not be posted there.
 */
export async function askedOutside(
  { directory }: Pick<Parts, 'directory'>,
  grant: Grant,
  asked: Pick<AskedOf, 'panel'>,
  card: Pick<Surface, 'failure'>,
): Promise<Outside> {
  const { people, groups } = mentionedOf(asked)
  const [named, membersOf, here] = await Promise.all([
    Promise.all(people.map((person) => directory.idsOf([person]))),
    directory.groups(groups),
    card.failure === null ? directory.channelMembers(grant.channel) : new Set<string>(),
  ])
  const members = groups.map(membersOf)
  const ids = [
    ...named.flatMap((some) => (some === 'unknown' ? [] : some)),
    ...members.flatMap((some) => (typeof some === 'string' ? [] : stayingIn(some))),
  ]
  const own = [grant.requester, grant.subject].map(({ slack }) => slack.userId)
  const all = here === 'unknown' ? [] : [...new Set(ids)].filter((id) => !own.includes(id) && !here.has(id))
  // Nobody writes to those who left; of so many more as are told, that is asked.
  const few = all.slice(0, 4 * most)
  const facts = await Promise.all(few.map((id) => directory.facts(id)))
  const isGone = (of: Known<PersonFacts> | undefined): boolean =>
    of !== undefined && of !== 'unknown' && !of.isHere
  return {
    userIds: few.filter((_, at) => !isGone(facts[at])).slice(0, most),
    isWhole: here !== 'unknown' && !named.includes('unknown') && !members.includes('unknown'),
  }
}
