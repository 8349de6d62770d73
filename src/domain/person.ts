import { z } from 'zod'
import { cut } from './cut.ts'

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
export const personRef = z.object({
  id: z.string(),
  slack: z.object({ teamId: z.string(), userId: z.string() }),
  name: z.string(),
  email: z.string().nullable(),
})

export type PersonRef = Pick<Person, 'id' | 'slack' | 'name' | 'email'>

/** A set, or not known now: an unreadable group is never an empty one. */
export type Known<T> = T | 'unknown'

/** What the directory says of a person, at most 60 s old. */
export interface PersonFacts {
  readonly person: Person
  /** False once they were deactivated. */
  readonly isHere: boolean
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
}

/** Members of a group; unlisted: Slack answered, and has no such group (it was renamed, or disabled). */
export type GroupMembers = Known<ReadonlySet<string>> | 'unlisted'

export const refTo = ({ id, slack, name, email }: Person): PersonRef => ({ id, slack, name, email })

/**
 * In plain text, so that they cannot be mistaken for somebody else: a display name is what people choose, and two may
 * choose the same; the verified e-mail stands beside it.
 */
export function plainlyNamed({ name, email, slack }: PersonRef): string {
  const called = cut(name, 60)
  const sure = email ?? `${slack.userId}, no verified e-mail`
  // A name with an @ in it may be meant to be taken for an e-mail.
  return called === '' || called.includes('@') ? sure : `${called} (${sure})`
}

/** The same person of ours. Through one workspace's token a Slack user id means one person, whichever team it is of. */
export const isSamePerson = (one: PersonRef, other: PersonRef): boolean =>
  one.id === other.id || one.slack.userId === other.slack.userId

/** One human behind two identities: the same person, Slack user, or verified e-mail. */
export const isSameHuman = (one: PersonRef, other: PersonRef): boolean =>
  isSamePerson(one, other) || (one.email !== null && one.email.toLowerCase() === other.email?.toLowerCase())
