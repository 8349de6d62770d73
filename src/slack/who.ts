import type { Grant } from '../domain/grant.ts'
import { isSameHuman, type PersonRef } from '../domain/person.ts'
import { plain } from './blocks.ts'
import { mention, plainWords } from './mrkdwn.ts'

/** How the people of a request are named: who asks, who said yes, who took it back. */

export const whoWithdrew = ({ history, requester }: Grant): PersonRef =>
  history.findLast(({ what }) => what === 'withdraw')?.by ?? requester

export const withdrawnVerb = (grant: Grant): string =>
  isSameHuman(whoWithdrew(grant), grant.requester) ? 'Withdrawn' : 'Declined'

/*
 * A display name is what people choose, and two may choose the same. Whoever decides or looks after something reads who it
 * is for sure: a mention, or the verified e-mail beside the name.
 */

/** In what is posted where they are, this notifies them. */
export const mentionOf = ({ slack }: Pick<PersonRef, 'slack'>): string => mention(slack.userId)

/** In plain text and in `text`. */
export function plainlyNamed(person: PersonRef): string {
  const name = plain(person.name, 60).text
  const sure = person.email ?? `${person.slack.userId}, no verified e-mail`
  // A name with an @ in it may be meant to be taken for an e-mail.
  return name === '' || name.includes('@') ? sure : `${name} (${sure})`
}

/** In mrkdwn, for lists and reminders: notifies nobody. */
export const named = (person: PersonRef): string => plainWords(plainlyNamed(person), 400)

export const emailOf = ({ email }: Pick<PersonRef, 'email'>): string =>
  email === null ? 'no verified e-mail' : plainWords(email, 200)

/** Where nobody is notified, and no line beside it says the e-mail: the Home tab. */
export const surely = (person: PersonRef): string => `${mentionOf(person)} (${emailOf(person)})`

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

/** Who, or which rule, said yes last. */
export function approverWords({ auto, reviews }: Grant): string {
  if (auto !== null) return `the rule "${plainWords(auto.because, 100)}"`
  const last = reviews.at(-1)
  if (last === undefined) return ''
  return `${plainWords(last.by.name, 60)}${last.preApprovalId === null ? '' : ' ahead'}`
}
