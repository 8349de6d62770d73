import type { Confirmation } from './confirmation.ts'
import { cut, keptApart } from './cut.ts'
import type { Device } from './devices/device.ts'

/** A person as Curfew knows them: our own id, and links to where they come from. */
export interface Person {
  readonly id: string
  readonly slack: SlackIdentity
  readonly name: string
  /** Verified by the directory; null when it has none or has not verified it. */
  readonly email: string | null
  /** Ids of those people of ours who are the same human: other accounts of theirs, by a source of people. */
  readonly also?: readonly string[] | undefined
}

export interface SlackIdentity {
  readonly teamId: string
  readonly userId: string
}

export type PersonRef = Pick<Person, 'id' | 'slack' | 'name' | 'email' | 'also'>

/** A set, or not known now: an unreadable group is never an empty one. */
export type Known<T> = T | 'unknown'

/** What the directory says of a person, at most 60 s old. */
export interface PersonFacts {
  readonly person: Person
  /** False once they were deactivated, by whichever source knows them. */
  readonly isHere: boolean
  /** By whose word besides Slack's they are not here. */
  readonly left?: Leaving | undefined
  readonly isGuest: boolean
  /** Belongs to another workspace and is here through a shared channel. */
  readonly isExternal: boolean
  /** False where they have a verified e-mail that Slack does not show now: then `person.email` is null, and unknown. */
  readonly isEmailRead: boolean
  /** IANA zone, such as `Europe/Berlin`. */
  readonly zone: string
  /** Handles of the Slack user groups they are in, written `@dba`. */
  readonly groups: Known<ReadonlySet<string>>
  /** Every group that Slack lists, theirs or not. */
  readonly listedGroups?: ReadonlySet<string>
  /** What sources of people (SCIM) say besides; absent where there are none. */
  readonly provisioned?: Provisioned
  /** Null: they never confirmed who they are, as far as is known; absent where no rule asks for it. */
  readonly confirmed?: LastProof | null
  /** What is theirs; absent where no rule asks for it, or it was not read. */
  readonly devices?: readonly Device[]
}

/** When somebody last confirmed who they are, and how. */
export type LastProof = Pick<Confirmation, 'method' | 'at'>

/** A source said so, at that instant: `okta`, 14:02. */
export interface Leaving {
  readonly source: string
  readonly at: Date
}

/** What SCIM sources say of somebody. */
export interface Provisioned {
  /** Every User of theirs, one or more of each source that knows them. */
  readonly users: readonly ProvisionedUser[]
  /** The SCIM groups they are in, by name: `engineering`, and `okta/engineering`. */
  readonly groups: ReadonlySet<string>
  /** Those they left so lately that a full sync may be about to bring them back. */
  readonly leftLately: ReadonlySet<string>
  /** Every name that can be meant, theirs or not. */
  readonly listed: ReadonlySet<string>
  /** Slack user id of whom their sources call their manager; null where none does. */
  readonly managerUserId: string | null
  /** Everybody of ours to whom these Users belong: accounts of one human. */
  readonly accounts: readonly string[]
  /** Whether a User is theirs waits for an admin's word: until then nothing new is given by who they are. */
  readonly isInQuestion: boolean
  /** The catalog lets only those be here whom a source knows, and none knows them. */
  readonly isStranger: boolean
}

export interface ProvisionedUser {
  readonly id: string
  readonly source: string
  readonly userName: string
  readonly isActive: boolean
  /** By the database's clock; null while they are active. */
  readonly inactiveSince: Date | null
}

/** Slack user ids. */
export interface Members extends ReadonlySet<string> {
  /** Of these: who left it so lately that they may be put back; none where nothing is said. */
  readonly leaving?: ReadonlySet<string>
}

export const stayingIn = (members: Members): string[] =>
  [...members].filter((userId) => members.leaving?.has(userId) !== true)

/** Members of a group; unlisted: Slack answered, and has no such group (it was renamed, or disabled). */
export type GroupMembers = Known<Members> | 'unlisted'

export const refTo = ({ id, slack, name, email, also }: Person): PersonRef => ({
  id,
  slack,
  name,
  email,
  ...(also === undefined ? {} : { also }),
})

/**
 * In plain text, so that they cannot be mistaken for somebody else: a display name is what people choose, and two may
 * choose the same; the verified e-mail stands beside it.
 */
export function plainlyNamed({ name, email, slack }: PersonRef): string {
  const called = cut(keptApart(name), 60)
  const sure = email ?? `${slack.userId}, no verified e-mail`
  // A name with an @ in it may be meant to be taken for an e-mail.
  return called === '' || /[@＠﹫]/.test(called) ? sure : `${called} (${sure})`
}

/** The same person of ours. Through one workspace's token a Slack user id means one person, whichever team it is of. */
export const isSamePerson = (one: PersonRef, other: PersonRef): boolean =>
  one.id === other.id || one.slack.userId === other.slack.userId

/** One human behind two identities: the same person, Slack user, or verified e-mail, or by an admin's word. */
export const isSameHuman = (one: PersonRef, other: PersonRef): boolean =>
  isSamePerson(one, other) ||
  (one.email !== null && one.email.toLowerCase() === other.email?.toLowerCase()) ||
  one.also?.includes(other.id) === true ||
  other.also?.includes(one.id) === true
