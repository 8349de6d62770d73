import type { SlackIdentity } from '../person.ts'

/** What SCIM sources wrote, as the directory reads it. Every answer is of the database's now, unless said otherwise. */
export interface Provisioning {
  /** Has any source ever been connected? At most 5 s old; true for ever once it is. */
  isUsed(): Promise<boolean>
  /** The same, as it was found out last. */
  wasUsed(): boolean
  /** One just wrote. */
  noteUse(): void
  /** Users that are these people's. */
  usersOf(personIds: readonly string[]): Promise<readonly LinkedUser[]>
  /** Users that are anybody's. */
  linkedUsers(): Promise<readonly LinkedUser[]>
  /** Users that were not deleted and have one of these e-mails (small letters), whosever they are. */
  usersCalled(emails: readonly string[]): Promise<readonly UnlinkedUser[]>
  /** The e-mails of these Users, whosever they are: in small letters. */
  emailsOf(userIds: readonly string[]): Promise<readonly string[]>
  /** Every source that was ever connected. */
  sources(): Promise<readonly string[]>
  /** Every group, the deleted ones too. */
  groups(): Promise<readonly ProvisionedGroup[]>
  /** Who is in these groups, or left them since then, by group; but for those who are gone by any source's word. */
  membersOf(groupIds: readonly string[], leftSince: Date): Promise<ReadonlyMap<string, readonly PersonLink[]>>
  /** Whose these Users are: their Slack identities, by User. */
  peopleBehind(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly PersonLink[]>>
  /** Sources that should have been heard of by now, and were not: since when. */
  silentSources(): Promise<
    readonly { readonly source: string; readonly since: Date; readonly afterMs: number }[]
  >
}

export interface PersonLink {
  readonly personId: string
  /** Whose User it is by which they are found. */
  readonly source: string
  readonly slack: SlackIdentity
  /** Of members: they left lately. */
  readonly isLeaving: boolean
}

/** A User as it counts for access. */
export interface UnlinkedUser {
  readonly id: string
  readonly source: string
  readonly userName: string
  readonly name: string
  readonly email: string | null
  readonly isActive: boolean
  readonly inactiveSince: Date | null
}

export interface LinkedUser extends UnlinkedUser {
  readonly personId: string
  /** A provider made and deleted it to try us, as far as is known: it says nothing of whoever has its e-mail. */
  readonly isTrial: boolean
  /** Everybody whose it is, as one human may have several accounts: ids of people of ours. */
  readonly people: readonly string[]
  /** Id of another User of the same source. */
  readonly manager: string | null
  readonly groups: readonly string[]
  /** Groups that they left within the last day, and when. */
  readonly left: readonly { readonly group: string; readonly at: Date }[]
}

export interface ProvisionedGroup {
  readonly id: string
  readonly source: string
  readonly displayName: string
  /** Every name it ever had, and since when it first had that. */
  readonly names: readonly { readonly name: string; readonly since: Date }[]
  readonly createdAt: Date
  readonly isDeleted: boolean
}

/** The same, looked at to be shown: nothing is decided by it. */
export interface ProvisioningRecords {
  /** Users that were not deleted and are nobody's: who that is was not seen in Slack, or waits for an admin's word. */
  usersOfNobody(): Promise<readonly UnlinkedUser[]>
  /** Whoever became a member of a group since then and is one still: people of ours, by the group's id. */
  joinedSince(
    since: Date,
  ): Promise<readonly { readonly personId: string; readonly group: string; readonly at: Date }[]>
}
