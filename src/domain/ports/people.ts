import type { Person, SlackIdentity } from '../person.ts'

export interface PeopleStore {
  /** The person linked to this Slack identity, made when first seen; name and e-mail follow what is said of them. */
  seen(slack: SlackIdentity, profile: { name: string; email?: string | null }): Promise<Person>
  /** Whoever was seen with this Slack id last; null where nobody was. */
  bySlackUser(userId: string): Promise<Person | null>
}
