import type { Grant } from '../domain/grant.ts'
import { isSameHuman, type PersonRef } from '../domain/person.ts'
import { plainWords } from './mrkdwn.ts'

/** How the people of a request are named: who asks, who said yes, who took it back. */

export const whoWithdrew = ({ history, requester }: Grant): PersonRef =>
  history.findLast(({ what }) => what === 'withdraw')?.by ?? requester

export const withdrawnVerb = (grant: Grant): string =>
  isSameHuman(whoWithdrew(grant), grant.requester) ? 'Withdrawn' : 'Declined'

/** "Riley asks for", or "Kim asks for Riley to have": the words are mrkdwn. */
export function askingWords({ requester, subject }: Grant): string {
  const bold = (name: string) => `*${plainWords(name, 60)}*`
  return isSameHuman(requester, subject)
    ? `${bold(subject.name)} asks for`
    : `${bold(requester.name)} asks, for ${bold(subject.name)}, for`
}

/** Who, or which rule, said yes last. */
export function approverWords({ auto, reviews }: Grant): string {
  if (auto !== null) return `the rule "${plainWords(auto.because, 100)}"`
  const last = reviews.at(-1)
  if (last === undefined) return ''
  return `${plainWords(last.by.name, 60)}${last.preApprovalId === null ? '' : ' ahead'}`
}
