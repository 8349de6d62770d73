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
  /** Groups may have changed: what was remembered of them counts no longer. */
  groupsChanged(): void
  /** Members (Slack user ids) of these groups, by handle. */
  groups(handles: readonly string[]): Promise<(handle: string) => GroupMembers>
}

export interface Everybody {
  readonly people: readonly PersonFacts[]
  /** Somebody is missing who may be here: their record cannot be read. */
  readonly isSomebodyUnread: boolean
}
