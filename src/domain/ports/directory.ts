import type { GroupMembers, Known, PersonFacts, SlackIdentity } from '../person.ts'

/** What Slack knows of people and groups. Answers are at most 60 s old; what cannot be read is unknown. */
export interface Directory {
  facts(slack: SlackIdentity): Promise<Known<PersonFacts>>
  /** Asked of Slack now, within 2 s: for the moment before giving. */
  freshFacts(slack: SlackIdentity): Promise<Known<PersonFacts>>
  /** Everybody of the workspace, those who left too. At most so old, or as old as the time that Slack took to list them. */
  everyone(maxAgeMs?: number): Promise<Known<Everybody>>
  /** Slack ids of these people (e-mails or ids) as far as there are such; unknown when one cannot be looked up now. */
  idsOf(people: readonly string[]): Promise<Known<readonly string[]>>
  /**
   * From now on groups are answered anew, or as they were at most 5 s ago where they were read too often lately for more;
   * false when they could be read neither way within 2.3 s.
   */
  freshGroups(): Promise<boolean>
  /** Members (Slack user ids) of these groups, by handle. */
  groups(handles: readonly string[]): Promise<(handle: string) => GroupMembers>
}

export interface Everybody {
  readonly people: readonly PersonFacts[]
  /** Somebody is missing who may be here: their record cannot be read. */
  readonly isSomebodyUnread: boolean
}
