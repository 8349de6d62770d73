import { boundedMap } from '../bounded-map.ts'
import { refTo, type Known, type PersonRef } from '../domain/person.ts'
import type { PeopleSource } from '../domain/ports/directory.ts'
import type { PeopleStore, WhoIs } from '../domain/ports/people.ts'

export function whoIsFrom(
  slack: Pick<PeopleSource, 'facts'>,
  people: Pick<PeopleStore, 'bySlackUser'>,
): WhoIs {
  /** A Slack user is one of our people for ever. */
  const known = boundedMap<PersonRef>(10_000)
  const find = async (userId: string): Promise<Known<PersonRef>> => {
    const seen = await people.bySlackUser(userId)
    if (seen !== null) return refTo(seen)
    const facts = await slack.facts(userId)
    return facts === 'unknown' ? facts : refTo(facts.person)
  }
  return async (userId) => {
    const before = known.get(userId)
    if (before !== undefined) return before
    const found = await find(userId)
    if (found === 'unknown') return found
    known.set(userId, found)
    return found
  }
}
