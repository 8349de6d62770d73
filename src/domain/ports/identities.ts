import type { PersonRef } from '../person.ts'

/** Which SCIM User is which person of ours: matched once by verified e-mail, then by ids for ever, or by an admin's word. */
export interface IdentityStore {
  /**
   * Notes that this User is this person, as their e-mails are the same and verified. False, and nothing is noted, where
   * that is not plain: the User, the person (in this source), or the e-mail (in this source) was matched before with
   * something else. Of many who try at once one is first.
   */
  match(one: Identity, email: string): Promise<boolean>
  /**
   * Asks whether they are one; an answer that was given to exactly this stands, and nothing is asked again. But where it
   * was that they are one, and another User became theirs since, `isAgain` asks anew.
   */
  ask(one: Identity, why: Doubt, about?: { readonly isAgain?: boolean }): Promise<void>
  /** What waits for an answer: while the User, not deleted, and the person have one e-mail. */
  open(): Promise<readonly IdentityQuestion[]>
  question(id: string): Promise<IdentityQuestion | null>
  /**
   * An admin's answer, once: null where somebody answered before, or it is not asked any more. One person: from now on
   * this User is theirs in this source, and no other. Two: it is not theirs, for ever.
   */
  answer(id: string, answer: 'same' | 'two', by: PersonRef): Promise<IdentityQuestion | null>
  /** What was answered to it, and by whom; null while nobody did. */
  said(id: string): Promise<{ readonly answer: 'same' | 'two'; readonly by: PersonRef } | null>
  /** Of these people and Users: which pairs were answered with two. */
  apart(userIds: readonly string[]): Promise<ReadonlySet<string>>
}

export interface Identity {
  readonly source: string
  readonly userId: string
  readonly personId: string
}

/** Why an e-mail alone does not say it: */
export type Doubt =
  /** the User is somebody else's: its e-mail was rewritten, or theirs is a second Slack account. */
  | 'of-another-person'
  /** another User of this source was theirs: made anew, or merged. */
  | 'another-user'
  /** the e-mail was another's in this source, or several have it. */
  | 'used-email'

export interface IdentityQuestion extends Identity {
  readonly id: string
  /** Null: another version asks, for a reason that this one does not know. It counts all the same. */
  readonly why: Doubt | null
  /** The User's and the person's, now. */
  readonly email: string
  readonly userName: string
  /** Slack user id of the person who is asked about. */
  readonly slackUserId: string
  /** Whose the User is until that is answered, where it is anybody's: Slack user ids. */
  readonly until: readonly string[]
  readonly untilPersonIds: readonly string[]
  /** Which Users of this source are the person's until that is answered: their userNames. */
  readonly instead: readonly string[]
  readonly askedAt: Date
}

export const pairId = ({ userId, personId }: Pick<Identity, 'userId' | 'personId'>): string =>
  `${userId}:${personId}`
