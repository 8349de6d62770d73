import type { GroupMembers, Known, PersonFacts, PersonRef } from '../person.ts'

/**
 * What is known of people and groups: the one answer, composed of its sources in `src/people/`. Answers are at most 60 s
 * old; what cannot be read is unknown.
 */
export interface Directory extends Groups {
  facts(person: PersonRef): Promise<Known<PersonFacts>>
  /**
   * Asked of its sources now, within 2 s: for the moment before giving. Where many are asked about at once, by what was
   * read in the last 5 s, unless something was said of the person since.
   */
  freshFacts(person: PersonRef): Promise<Known<PersonFacts>>
  /** Whoever a list of the catalog names, by e-mail or Slack user id; null where nobody is called so. */
  named(name: string): Promise<Known<PersonFacts> | null>
}

/** A source of people and groups, which knows people by ids of its own. */
export interface PeopleSource extends Groups {
  facts(userId: string): Promise<Known<PersonFacts>>
  freshFacts(userId: string): Promise<Known<PersonFacts>>
  /** Ids of these people (e-mails or ids) as far as there are such; unknown when one cannot be looked up now. */
  idsOf(people: readonly string[]): Promise<Known<readonly string[]>>
}

interface Groups {
  /** Everybody of the workspace, those who left too. At most so old, or as old as the time that it took to list them. */
  everyone(maxAgeMs?: number): Promise<Known<Everybody>>
  /**
   * From now on groups are answered anew, or as they were at most 5 s ago where they were read too often lately for more;
   * false when they could be read neither way within 2.3 s.
   */
  freshGroups(): Promise<boolean>
  /**
   * Members (Slack user ids) of these groups, by handle; of a SCIM group also those who left it so lately that they may be
   * put back, as their own facts say.
   */
  groups(handles: readonly string[]): Promise<(handle: string) => GroupMembers>
  /** Which groups of SCIM sources are called so there, each by its source and that name: of one that is unlisted. */
  groupsCalled(name: string): Promise<readonly string[]>
}

export interface Everybody {
  readonly people: readonly PersonFacts[]
  /** Somebody is missing who may be here: their record cannot be read. */
  readonly isSomebodyUnread: boolean
}
