import type { Known, Person, PersonRef, SlackIdentity } from '../person.ts'

export interface PeopleStore {
  /** The person linked to this Slack identity, made when first seen; name and e-mail follow what is said of them. */
  seen(slack: SlackIdentity, profile: { name: string; email?: string | null }): Promise<Person>
  /** Whoever was seen with this Slack id last; null where nobody was. */
  bySlackUser(userId: string): Promise<Person | null>
}

/** The same people, found in other ways, as they were seen last. */
export interface PeopleRecords {
  /** Whoever has one of these verified e-mails (small letters). */
  called(emails: readonly string[]): Promise<readonly Person[]>
  byIds(ids: readonly string[]): Promise<readonly Person[]>
}

/**
 * Says which of our people somebody is who acts, by the id that Slack vouches for: as they were seen last, so that what
 * needs no more than who they are works while Slack does not answer. Unknown where they were never seen, and Slack does
 * not say now. Their name and e-mail may be of before: what decides asks the directory.
 */
export type WhoIs = (userId: string) => Promise<Known<PersonRef>>
