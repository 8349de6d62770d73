import type { Entitlement } from '../../domain/catalog.ts'
import { explainAll, howFar } from '../../domain/explain.ts'
import { shortNames } from '../../domain/group-names.ts'
import type { PersonFacts, ProvisionedUser } from '../../domain/person.ts'
import { explainAnswer } from '../../domain/would-answer.ts'
import type { EntitlementExplained, PersonExplained } from '../../operations/explain-person.ts'
import { plainWords, when, wholeLines } from '../words/mrkdwn.ts'
import { bold } from '../words/names.ts'
import { emailOf, surely } from '../words/who.ts'

/** Who was looked up, in sections that fit: long lists end in how many more there are. */

const mostNamed = 10

export function lookedUpSections(about: PersonExplained): string[] {
  const { open, entitlements } = about
  return [
    wholeLines(`*${surely(about.facts.person)}*`, identityLines(about)),
    listed('Holds, or waits for', open.map(openLine), 'Nothing that you look after.'),
    listed('May have', sorted(entitlements).map(mayLine), 'Nothing.'),
    listed('Answers and looks after', entitlements.flatMap(answerLines), 'Nothing of what you look after.'),
  ]
}

const listed = (title: string, lines: readonly string[], none: string): string =>
  wholeLines(`*${title}*`, lines.length === 0 ? [none] : lines.map((line) => `• ${line}`))

function identityLines({ facts, manager, manages }: PersonExplained): string[] {
  const { provisioned } = facts
  const managed = manages === 'unknown' ? 'not known now' : some(manages.map(emailOf)) || 'nobody'
  return [
    `Slack: ${slackWords(facts)}; ${facts.groups === 'unknown' ? 'groups not known now' : groupWords(facts.groups)}`,
    ...(provisioned?.users ?? []).map(userLine),
    ...(provisioned ? [`Groups of directories: ${groupWords(shortNames(facts))}`] : []),
    ...(provisioned?.users.length === 0 ? ['No company directory knows them'] : []),
    ...(provisioned?.isInQuestion ? ['An admin is to say first whether they are who a directory says'] : []),
    `Managed by: ${managerWords(manager)}`,
    `Manages: ${managed}`,
  ]
}

function managerWords(manager: PersonExplained['manager']): string {
  if (manager === null) return 'nobody'
  if (manager === 'unknown') return 'not known now'
  return 'called' in manager ? `${plainWords(manager.called, 100)}, who is not in Slack` : surely(manager)
}

function slackWords({ isHere, left, isGuest, isExternal }: PersonFacts): string {
  if (!isHere) return left === undefined ? 'left' : `left, says ${plainWords(left.source, 40)}`
  return isExternal ? 'of another workspace' : isGuest ? 'guest' : 'member'
}

const userLine = ({ source, userName, isActive, inactiveSince }: ProvisionedUser): string => {
  const state = isActive
    ? 'active'
    : `not active${inactiveSince === null ? '' : ` since ${when(inactiveSince)}`}`
  return `${plainWords(source, 40)}: ${plainWords(userName, 100)}, ${state}`
}

const groupWords = (names: Iterable<string>): string =>
  some([...names].sort().map((name) => plainWords(name, 60))) || 'no groups'

function some(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return `${names.slice(0, mostNamed).join(', ')}${more}`
}

const nameOf = (entitlement: Entitlement): string => bold({ entitlement, resource: entitlement.resource })

function openLine(grant: PersonExplained['open'][number]): string {
  const until = grant.isStanding ? ' by rule' : 'endsAt' in grant ? ` until ${when(grant.endsAt)}` : ''
  return `${bold(grant)}: ${howFar[grant.status]}${until}`
}

/** What they may have comes first: a long list is cut at its end. */
const sorted = (all: readonly EntitlementExplained[]): EntitlementExplained[] => {
  const order = { yes: 0, unknown: 1, no: 2 }
  return [...all].sort((one, other) => order[one.may.answer] - order[other.may.answer])
}

function mayLine({ entitlement, may, mayAskForOthers }: EntitlementExplained): string {
  const isByRule = entitlement.mode === 'standing' && may.answer === 'yes'
  const answer = { yes: isByRule ? 'yes, by rule' : 'yes', no: 'no', unknown: 'cannot be said now' }[
    may.answer
  ]
  const others = mayAskForOthers ? '; may ask for others' : ''
  return `${nameOf(entitlement)}: ${answer}: ${plainWords(explainAll(may.reasons), 200)}${others}`
}

function answerLines({ entitlement, answers, isAdmin }: EntitlementExplained): string[] {
  const of = entitlement.review.stages.length
  const name = nameOf(entitlement)
  return [
    ...answers
      .filter(({ answer }) => answer !== 'no')
      .map((one) => {
        const stage = of === 1 ? '' : `stage ${one.stage + 1} of ${of}: `
        return `${name}: ${stage}${plainWords(explainAnswer(one), 200)}`
      }),
    ...(isAdmin ? [`${name}: admin`] : []),
  ]
}
