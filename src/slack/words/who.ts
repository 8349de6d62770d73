import { whoWithdrew } from '../../domain/closing.ts'
import type { Grant } from '../../domain/grant.ts'
import { isSameHuman, plainlyNamed, type PersonRef } from '../../domain/person.ts'
import { mention, plainWords } from './mrkdwn.ts'

/** How the people of a request are named: who asks, who said yes, who took it back. */

export const withdrawnVerb = (grant: Grant): string =>
  isSameHuman(whoWithdrew(grant), grant.requester) ? 'Withdrawn' : 'Declined'

/*
 * A display name is what people choose, and two may choose the same. Everybody reads who it is for sure: a mention, or the
 * verified e-mail beside the name. In plain text and in `text`: `plainlyNamed`.
 */

/** How people are called: `named` in messages of a channel, which may be new, `surely` where nobody is notified. */
export type Naming = (person: PersonRef) => string

/** In what is posted where they are, this notifies them. */
export const mentionOf = ({ slack }: Pick<PersonRef, 'slack'>): string => mention(slack.userId)

/** In mrkdwn, for cards, threads, lists and reminders: notifies nobody. */
export const named: Naming = (person) => plainWords(plainlyNamed(person), 400)

export const emailOf = ({ email }: Pick<PersonRef, 'email'>): string =>
  email === null ? 'no verified e-mail' : plainWords(email, 200)

/** Where nobody is notified, and no line beside it says the e-mail: the Home tab, and what somebody else hears by DM. */
export const surely: Naming = (person) => `${mentionOf(person)} (${emailOf(person)})`

/** "@Riley asks for", or "@Kim asks, for @Riley, for". */
export const askingWords = (grant: Grant): string => asking(grant, mentionOf)

/** The same as `text`, which mentions nobody. */
export const askingText = (grant: Grant): string => asking(grant, plainlyNamed)

const asking = ({ requester, subject }: Grant, name: (person: PersonRef) => string): string =>
  isSameHuman(requester, subject)
    ? `${name(subject)} asks for`
    : `${name(requester)} asks, for ${name(subject)}, for`

/** Whose e-mails stand beside the mentions of `askingWords`. */
export const emailsOf = ({ requester, subject }: Grant): string =>
  isSameHuman(requester, subject)
    ? emailOf(subject)
    : `${emailOf(subject)}, asked for by ${emailOf(requester)}`

/** "as riley on orders-cluster" */
export const principalWords = (principal: string, system: string): string =>
  `as ${plainWords(principal, 100)} on ${plainWords(system, 60)}`

/** Several who answered: "Kim (kim@acme.example) and Sam (sam@acme.example)". */
export const allNamed = (people: readonly PersonRef[], name: Naming): string => people.map(name).join(' and ')

/** Whoever answered, where that is written down. */
export const reviewerWords = (person: PersonRef | null | undefined, name: Naming): string =>
  person ? name(person) : 'An approver'

const confirmedWords = {
  oidc: 'confirmed by a sign-in',
  passkey: 'confirmed with a passkey',
  totp: 'confirmed by a code',
}

/** Who, or which rule, said yes last. */
export function approverWords({ auto, reviews }: Grant, name: Naming): string {
  if (auto !== null) return `the rule "${plainWords(auto.because, 100)}"`
  const last = reviews.at(-1)
  if (last === undefined) return ''
  const how = last.confirmation === null ? '' : ` (${confirmedWords[last.confirmation.method]})`
  return `${name(last.by)}${last.preApprovalId === null ? '' : ' ahead'}${how}`
}
