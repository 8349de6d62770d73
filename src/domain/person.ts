/** A person as Curfew knows them: our own id, and links to where they come from. */
export interface Person {
  readonly id: string
  readonly slack: SlackIdentity
  readonly name: string
  /** Verified by the directory; null when it has none or has not verified it. */
  readonly email: string | null
}

export interface SlackIdentity {
  readonly teamId: string
  readonly userId: string
}

/** What is copied onto a grant, so that its history stays readable when people leave. */
export type PersonRef = Pick<Person, 'id' | 'slack' | 'name' | 'email'>

/** A set, or not known now: an unreadable group is never an empty one. */
export type Known<T> = T | 'unknown'

/** What the directory says of a person, at most 60 s old. */
export interface PersonFacts {
  readonly person: Person
  /** Verified by the directory; null for one who has none, unknown where it does not say. */
  readonly email: Known<string | null>
  /** False once they were deactivated, and for bots. */
  readonly isHere: boolean
  readonly isGuest: boolean
  /** Belongs to another workspace and is here through a shared channel. */
  readonly isExternal: boolean
  /** IANA zone, such as `Europe/Berlin`. */
  readonly zone: string
  /** Handles of the Slack user groups they are in, written `@dba`. */
  readonly groups: Known<ReadonlySet<string>>
  /** Every group that Slack lists and whose members it tells, theirs or not. */
  readonly listedGroups?: ReadonlySet<string>
}

export const refTo = ({ id, slack, name, email }: Person): PersonRef => ({ id, slack, name, email })

/** One human behind two identities: the same person, Slack user, or verified e-mail. */
export const isSameHuman = (one: PersonRef, other: PersonRef): boolean =>
  one.id === other.id ||
  one.slack.userId === other.slack.userId ||
  (one.email !== null && one.email.toLowerCase() === other.email?.toLowerCase())
