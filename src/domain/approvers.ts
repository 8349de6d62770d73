import type { Approvers, Entitlement } from './catalog.ts'
import type { GroupMembers, Known, Person, PersonFacts } from './person.ts'
import { attributesOf, no, type Asking, type Groups, type Reason, type Verdict } from './policy.ts'

/** Who answers: what the catalog's lists of approvers say of somebody. */

/** What lists of approvers are read with. `managerOf` is who manages the person it is for; null where nobody does. */
export interface Listing {
  readonly entitlement: Entitlement
  readonly asking: Asking
  readonly managerOf: Known<string> | null
  readonly groups: Groups
  readonly now: Date
}

/** May this person, as the directory has them now, answer here? Unknown when only what cannot be read could say so. */
export function isReviewer(facts: PersonFacts, lists: readonly Approvers[], listing: Listing): Verdict {
  if (!facts.isHere) return no({ kind: 'not-here' })
  // Another workspace says who they are: nothing but being named by Slack id makes them approvers here.
  if (facts.isExternal && !isNamed(facts, lists, listing)) return no({ kind: 'external' })
  if (facts.provisioned?.isStranger) return no({ kind: 'stranger' })
  if (facts.provisioned?.isInQuestion) return { answer: 'unknown', reasons: [{ kind: 'in-question' }] }
  const verdicts = lists.map((approvers) => isAmong(facts, approvers, listing))
  if (verdicts.some(({ answer }) => answer === 'yes')) return { answer: 'yes', reasons: [] }
  const unknown = verdicts.filter(({ answer }) => answer === 'unknown')
  if (unknown.length > 0) return { answer: 'unknown', reasons: unknown.flatMap(({ reasons }) => reasons) }
  const unlisted = verdicts.flatMap(({ reasons }) => reasons)
  const listed: Reason = { kind: 'not-listed', people: lists.flatMap(nameApprovers).join(', ') }
  return { answer: 'no', reasons: [listed, ...unlisted] }
}

function isNamed({ person }: PersonFacts, lists: readonly Approvers[], { managerOf }: Listing): boolean {
  const { userId } = person.slack
  return lists.some(({ people, manager }) => people.includes(userId) || (manager && managerOf === userId))
}

function isAmong(facts: PersonFacts, approvers: Approvers, listing: Listing): Verdict {
  const { person } = facts
  const { managerOf, groups, entitlement, asking, now } = listing
  if (isListed(person, approvers.people)) return { answer: 'yes', reasons: [] }
  const isManagerKnown = managerOf !== null && managerOf !== 'unknown'
  if (approvers.manager && isManagerKnown && isListed(person, [managerOf]))
    return { answer: 'yes', reasons: [] }
  const lookups = approvers.groups.map((handle) => ({ handle, members: groups(handle) }))
  const lately = facts.provisioned?.leftLately ?? new Set()
  // Facts may be of a moment before, members are of now: whichever of them knows that they left.
  const isLeaving = (handle: string, members: GroupMembers): boolean =>
    lately.has(handle) || (typeof members !== 'string' && members.leaving?.has(person.slack.userId) === true)
  const isMember = lookups.some(
    ({ handle, members }) =>
      members !== 'unknown' &&
      members !== 'unlisted' &&
      members.has(person.slack.userId) &&
      !isLeaving(handle, members),
  )
  if (isMember) return { answer: 'yes', reasons: [] }
  const matching = approvers.who?.evaluate(attributesOf(facts, entitlement, asking, now)) ?? 'no'
  if (matching === 'yes') return { answer: 'yes', reasons: [] }
  const unreadable = lookups.filter(({ members }) => members === 'unknown')
  const reasons: Reason[] = unreadable.map(({ handle }) => ({ kind: 'unreadable-group', group: handle }))
  for (const { handle, members } of lookups)
    if (isLeaving(handle, members)) reasons.push({ kind: 'left-lately', group: handle })
  if (matching === 'unknown' && approvers.who)
    reasons.push({ kind: 'rule', source: approvers.who.source, answer: matching })
  if (approvers.manager && managerOf === 'unknown') reasons.push({ kind: 'unread-manager' })
  // Named by an e-mail that Slack does not show now, perhaps.
  const byEmail = [...approvers.people, ...(approvers.manager && isManagerKnown ? [managerOf] : [])]
  if (!facts.isEmailRead && byEmail.some((name) => name.includes('@'))) reasons.push({ kind: 'unread-email' })
  if (reasons.length > 0) return { answer: 'unknown', reasons }
  const unlisted = lookups.filter(({ members }) => members === 'unlisted')
  return { answer: 'no', reasons: unlisted.map(({ handle }) => ({ kind: 'unlisted-group', group: handle })) }
}

/** Lists name people by verified e-mail or by Slack user id. */
export function isListed(person: Person, people: readonly string[]): boolean {
  return (
    people.includes(person.slack.userId) ||
    (person.email !== null && people.includes(person.email.toLowerCase()))
  )
}

/** A list in the catalog's own words. */
export const nameApprovers = ({ people, groups, manager, who }: Approvers): string[] => [
  ...groups,
  ...people,
  ...(manager ? ['their manager'] : []),
  ...(who ? [`whoever matches ${who.source.replace(/\s+/g, ' ').trim()}`] : []),
]

/** A list taken apart: each of its entries as a list of its own. */
export function eachAlone({ people, groups, manager, who }: Approvers): Approvers[] {
  const none: Approvers = { people: [], groups: [], manager: false, who: null }
  return [
    ...groups.map((group) => ({ ...none, groups: [group] })),
    ...people.map((person) => ({ ...none, people: [person] })),
    ...(manager ? [{ ...none, manager }] : []),
    ...(who ? [{ ...none, who }] : []),
  ]
}
