import { table } from '../catalog/table.ts'
import { explainAll, howFar } from '../domain/explain.ts'
import type { PersonFacts } from '../domain/person.ts'
import { explainAnswer } from '../domain/would-answer.ts'
import type { EntitlementExplained, PersonExplained } from '../operations/explain-person.ts'
import { shortNames } from '../domain/group-names.ts'
import { asJson, at, keyOf, named, onOneLine, several, slackWords, why } from './words.ts'

/** One person, as `curfew people <name>` shows them. */

export function personAsText(about: PersonExplained): string {
  return [
    named(about.facts.person),
    ...identityLines(about).map((line) => `  ${line}`),
    '',
    ...titled('Holds', ['ENTITLEMENT', 'STATE', 'UNTIL'], about.open.map(openRow), 'Holds nothing.'),
    '',
    ...titled(
      'May have',
      ['ENTITLEMENT', 'ANSWER', 'WHY'],
      about.entitlements.map(mayRow),
      'May have nothing.',
    ),
    '',
    ...titled(
      'Answers and looks after',
      ['ENTITLEMENT', 'STAGE', 'HOW'],
      about.entitlements.flatMap(answerRows),
      'Answers no requests, and looks after nothing.',
    ),
  ].join('\n')
}

function titled(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string[] {
  return rows.length === 0 ? [none] : [title, table(heads, rows)]
}

function identityLines({ facts, manager, manages }: PersonExplained): string[] {
  const { person, provisioned } = facts
  const slackGroups = facts.groups === 'unknown' ? 'groups not known now' : groupWords([...facts.groups])
  const managers = manager === 'unknown' ? 'not known now' : managerWords(manager)
  return [
    `Slack: ${person.slack.userId}${slackWords(facts)}; ${slackGroups}`,
    `e-mail: ${facts.isEmailRead ? (person.email ?? 'none that is verified') : 'not known now'}`,
    ...(provisioned?.users ?? []).map(
      (user) =>
        `${user.source}: ${onOneLine(user.userName)}, ${user.isActive ? 'active' : inactiveWords(user.inactiveSince)}`,
    ),
    ...(provisioned === undefined ? [] : [`groups of directories: ${groupWords(shortNames(facts))}`]),
    ...(provisioned && provisioned.users.length === 0 ? ['no company directory knows them'] : []),
    ...(provisioned?.isInQuestion
      ? ['an admin is to say first whether they are who the company directory says: they get nothing new']
      : []),
    `managed by: ${managers}`,
    `manages: ${manages === 'unknown' ? 'not known now' : several(manages.map(named)) || 'nobody'}`,
  ]
}

const managerWords = (manager: Exclude<PersonExplained['manager'], 'unknown'>): string =>
  manager === null
    ? 'nobody'
    : 'called' in manager
      ? `${onOneLine(manager.called)}, who is not in Slack`
      : named(manager)

const groupWords = (names: readonly string[]): string =>
  names.length === 0 ? 'no groups' : several([...names].sort().map(onOneLine), 20)

const inactiveWords = (since: Date | null): string =>
  since === null ? 'not active' : `not active since ${at(since)}`

function openRow(grant: PersonExplained['open'][number]): string[] {
  const until = grant.isStanding
    ? 'as long as the rule names them'
    : 'endsAt' in grant
      ? at(grant.endsAt)
      : ''
  return [`${grant.resource.id} ${grant.entitlement.id}`, howFar[grant.status], until]
}

function mayRow({ entitlement, may, mayAskForOthers }: EntitlementExplained): string[] {
  const isStanding = entitlement.mode === 'standing'
  const answer = may.answer === 'yes' && isStanding ? 'by rule' : may.answer
  const others = mayAskForOthers ? [`and may ask for others: ${entitlement.onBehalf?.source ?? ''}`] : []
  return [keyOf(entitlement), answer, why([explainAll(may.reasons), ...others].join('; '))]
}

function answerRows({ entitlement, answers, isAdmin }: EntitlementExplained): string[][] {
  const key = keyOf(entitlement)
  const of = entitlement.review.stages.length
  return [
    ...answers
      .filter(({ answer }) => answer !== 'no')
      .map((one) => [key, `${one.stage + 1} of ${of}`, why(explainAnswer(one))]),
    ...(isAdmin ? [[key, '', 'looks after it (admin)']] : []),
  ]
}

const groupsOf = (facts: PersonFacts) => ({
  slack: facts.groups === 'unknown' ? null : [...facts.groups].sort(),
  directories: shortNames(facts).sort(),
})

/** The shape that docs/least-privilege.md promises. */
export function personAsJson({ facts, manager, manages, open, entitlements }: PersonExplained) {
  const { isHere, isGuest, isExternal, provisioned } = facts
  return {
    ...asJson(facts.person),
    isHere,
    isGuest,
    isExternal,
    users: provisioned?.users ?? [],
    groups: groupsOf(facts),
    isInQuestion: provisioned?.isInQuestion ?? false,
    manager: manager === 'unknown' || manager === null || 'called' in manager ? manager : asJson(manager),
    manages: manages === 'unknown' ? null : manages.map(asJson),
    open: open.map((grant) => ({
      grantId: grant.id,
      resource: grant.resource.id,
      entitlement: grant.entitlement.id,
      status: grant.status,
      isStanding: grant.isStanding,
      endsAt: 'endsAt' in grant ? grant.endsAt : null,
    })),
    entitlements: entitlements.map(({ entitlement, may, mayAskForOthers, answers, isAdmin }) => ({
      resource: entitlement.resource.id,
      entitlement: entitlement.id,
      mode: entitlement.mode,
      may: may.answer,
      why: explainAll(may.reasons),
      mayAskForOthers,
      answers: answers.map((one) => ({
        stage: one.stage,
        answer: one.answer,
        as: one.as,
        whom: one.whom,
        because: one.because,
        why: explainAnswer(one),
      })),
      isAdmin,
    })),
  }
}
