import { emailKey } from '../email.ts'
import type { KnownLinks, NewLink } from '../ports/openid-links.ts'
import type { OpenIdIdentity } from './openid-answer.ts'
import type { OpenIdSettings } from './openid-settings.ts'

/** Somebody here, as far as an account elsewhere may be taken for theirs. */
export interface Linkable {
  /** `people._id`. */
  readonly id: string
  /** Verified by Slack or said by SCIM, each of this person alone. */
  readonly emails: readonly string[]
  /** What SCIM calls their Users: externalId. */
  readonly externalIds: readonly string[]
}

export type LinkRefusal =
  /** This account is somebody else's here. */
  | 'another-person'
  /** They were linked to another account of this provider: an owner unlinks it, nothing else does. */
  | 'link-differs'
  /** The provider gives no e-mail that it has verified, or no id to compare. */
  | 'nothing-to-compare'
  /** It gives one, and it is not theirs. */
  | 'not-theirs'

export type LinkJudged =
  | { readonly is: 'theirs' }
  /** Theirs as soon as the store says so: two may try at once. */
  | { readonly is: 'new'; readonly link: NewLink }
  | { readonly is: 'refused'; readonly why: LinkRefusal }

const refused = (why: LinkRefusal): LinkJudged => ({ is: 'refused', why })

/**
 * Whether the account that signed in is this person's. Once linked, by the provider's name and its subject alone: an e-mail
 * that is rewritten there changes nothing. The first time, by what `subject` of the settings says, and by nothing else.
 */
export function judgeLink(
  account: OpenIdIdentity,
  person: Linkable,
  { known, by }: { known: KnownLinks; by: OpenIdSettings['subject'] },
): LinkJudged {
  const { issuer, subject } = account
  if (known.personOfSubject !== null && known.personOfSubject !== person.id) return refused('another-person')
  if (known.subjectOfPerson !== null && known.subjectOfPerson !== subject) return refused('link-differs')
  if (known.subjectOfPerson === subject && known.personOfSubject === person.id) return { is: 'theirs' }

  const theirs = by === 'email' ? account.email : account.externalIds
  if (theirs === null || theirs.length === 0) return refused('nothing-to-compare')
  const isTheirs =
    typeof theirs === 'string'
      ? person.emails.some((one) => emailKey(one) === emailKey(theirs))
      : theirs.some((one) => person.externalIds.includes(one))
  if (!isTheirs) return refused('not-theirs')
  return { is: 'new', link: { personId: person.id, issuer, subject, by } }
}
