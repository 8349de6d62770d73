import type { Approvers, Entitlement, Stage } from '../domain/catalog.ts'
import type { Grant } from '../domain/grant.ts'
import { isSameHuman, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { isListed, isReviewer, type Listing, type Verdict } from '../domain/policy.ts'
import type { World } from './world.ts'

/** Who may answer one stage of a request, by the lists of now. */
export interface Panel {
  readonly stage: Stage
  /** Who answers: the stage's approvers, the quiet ones, and whoever stands in or was called since. */
  readonly lists: readonly Approvers[]
  /** Who of them is mentioned; a manager is among its people, and no group that Slack does not list. */
  readonly mentioned: readonly Approvers[]
  /** Too few of the stage's own can answer: who stands in for them. */
  readonly standIns: 'otherwise' | 'admins' | null
  may(facts: PersonFacts): Verdict
}

/** What is asked: a request, or one that is not made yet. */
export type Asked = Pick<Grant, 'requester' | 'subject' | 'askedMs' | 'reason'> & {
  readonly reviews: readonly Pick<Grant['reviews'][number], 'by' | 'stage'>[]
} & Partial<Pick<Extract<Grant, { status: 'pending' }>, 'nudge'>>

/**
 * The panels of all stages, in their order. Where fewer people than a stage needs could answer it (the list is empty,
 * holds only the requester, or those who fill other seats), its `otherwise` approvers answer too, and where they are too
 * few as well, the admins. What cannot be read is not taken for empty: then nobody stands in.
 */
export async function panelsOf(
  world: World,
  entitlement: Entitlement,
  asked: Asked,
): Promise<readonly [Panel, ...Panel[]]> {
  const [first, ...others] = entitlement.review.stages
  const listing = await listingFor(world, entitlement, asked)
  return [
    await panelOf(world, first, 0, asked, listing),
    ...(await Promise.all(others.map((stage, i) => panelOf(world, stage, i + 1, asked, listing)))),
  ]
}

/**
 * Whether somebody is on a stage's own lists, whoever else may stand in there: enough where the answer is yes, and
 * found out without looking at anybody else.
 */
export async function isOnOwnList(
  world: World,
  entitlement: Entitlement,
  asked: Asked,
): Promise<(facts: PersonFacts, stage: number) => boolean> {
  const listing = await listingFor(world, entitlement, asked)
  return (facts, index) => {
    const stage = entitlement.review.stages[index]
    return stage !== undefined && isReviewer(facts, ownLists(stage), listing).answer === 'yes'
  }
}

const ownLists = ({ approvers, quiet }: Stage): Approvers[] =>
  quiet === null ? [approvers] : [approvers, quiet]

/** Every group that its stages name, read once. */
async function listingFor(world: World, entitlement: Entitlement, asked: Asked): Promise<Listing> {
  const lists = entitlement.review.stages.flatMap(everyList)
  const groups = await world.directory.groups([...new Set(lists.flatMap((list) => list.groups))])
  const { subject, askedMs, reason } = asked
  return {
    entitlement,
    groups,
    asking: { durationMs: askedMs, reason },
    managerOf: managerOf(world, subject),
    now: world.clock.now(),
  }
}

const everyList = ({ approvers, quiet, otherwise, escalate }: Stage): Approvers[] =>
  [approvers, quiet, otherwise, escalate?.to ?? null].filter((list) => list !== null)

function managerOf(world: World, subject: PersonRef): string | null {
  for (const [person, manager] of world.catalog().managers) if (isListed(subject, [person])) return manager
  return null
}

async function panelOf(
  world: World,
  stage: Stage,
  index: number,
  asked: Asked,
  listing: Listing,
): Promise<Panel> {
  const { approvers, otherwise, escalate, needs } = stage
  const own = ownLists(stage)
  const cannot = [
    asked.requester,
    asked.subject,
    ...asked.reviews.filter((review) => review.stage !== index).map(({ by }) => by),
  ]
  const isShort = async (lists: readonly Approvers[]) =>
    !(await canFill(world, lists, needs, cannot, listing))
  const admins: Approvers = { people: listing.entitlement.admins, groups: [], manager: false, who: null }
  const isLacking = await isShort(own)
  const others = !isLacking || otherwise === null ? [] : [otherwise]
  const isAdmins = isLacking && (otherwise === null || (await isShort([...own, otherwise])))
  const called = escalate !== null && isEscalated(asked, index) ? [escalate.to] : []
  const beside = [...others, ...(isAdmins ? [admins] : []), ...called]
  const lists = [...own, ...beside]
  return {
    stage,
    lists,
    mentioned: [approvers, ...beside]
      .map((list) => withManager(list, listing.managerOf))
      .map((list) => withoutUnlisted(list, listing.groups)),
    standIns: isAdmins ? 'admins' : isLacking ? 'otherwise' : null,
    may: (facts) => isReviewer(facts, lists, listing),
  }
}

/** A group that Slack does not list calls nobody. */
export const withoutUnlisted = (list: Approvers, groups: Listing['groups']): Approvers => ({
  ...list,
  groups: list.groups.filter((handle) => groups(handle) !== 'unlisted'),
})

const withManager = (list: Approvers, manager: string | null): Approvers =>
  list.manager && manager !== null ? { ...list, people: [...list.people, manager] } : list

const isEscalated = ({ nudge }: Asked, index: number): boolean =>
  nudge?.stage === index && nudge.escalatedAt !== null

/** Are there as many people on these lists as must answer? True also when that cannot be known. */
async function canFill(
  world: World,
  lists: readonly Approvers[],
  needs: number,
  cannot: readonly PersonRef[],
  listing: Listing,
): Promise<boolean> {
  const mayNot = new Set(cannot.map(({ slack }) => slack.userId))
  const able = new Set<string>()
  const isEnough = () => able.size >= needs
  // Slack takes whoever leaves out of the groups.
  for (const handle of lists.flatMap(({ groups }) => groups)) {
    const members = listing.groups(handle)
    if (members === 'unknown') return true
    if (members === 'unlisted') continue
    for (const userId of members) if (!mayNot.has(userId)) able.add(userId)
  }
  if (isEnough()) return true
  const { managerOf: manager } = listing
  const isManaged = lists.some((list) => list.manager)
  const named = [...lists.flatMap(({ people }) => people), ...(isManaged && manager ? [manager] : [])]
  const userIds = await world.directory.idsOf(named)
  if (userIds === 'unknown') return true
  const teamId = cannot[0]?.slack.teamId ?? ''
  for (const userId of new Set(userIds)) {
    if (able.has(userId) || mayNot.has(userId)) continue
    const facts = await world.directory.facts({ teamId, userId })
    if (facts === 'unknown') return true
    if (facts.isHere && !cannot.some((one) => isSameHuman(one, facts.person))) able.add(userId)
  }
  if (isEnough()) return true
  if (!lists.some(({ who }) => who !== null)) return false
  const everyone = await world.directory.everyone()
  if (everyone === 'unknown') return true
  for (const facts of everyone.people) {
    if (able.has(facts.person.slack.userId) || cannot.some((one) => isSameHuman(one, facts.person))) continue
    const { answer } = isReviewer(facts, lists, listing)
    if (answer === 'unknown') return true
    if (answer === 'yes') able.add(facts.person.slack.userId)
    if (isEnough()) return true
  }
  return everyone.isSomebodyUnread
}
