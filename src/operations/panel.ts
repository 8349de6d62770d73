import type { Approvers, Catalog, Entitlement, Stage } from '../domain/catalog.ts'
import type { AnsweredAs, Grant } from '../domain/grant.ts'
import { isSameHuman, type Known, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { eachAlone, isListed, isReviewer, nameApprovers, type Listing } from '../domain/approvers.ts'
import type { Verdict } from '../domain/policy.ts'
import type { Deciding } from './world.ts'

/** What panels are found out with: who manages whom is of the same catalog as the stages. */
type Asking = Pick<Deciding, 'catalog' | 'directory' | 'clock'>

/** Who may answer one stage of a request, by the lists of now. */
export interface Panel {
  readonly stage: Stage
  /** Who answers: the stage's approvers, the quiet ones, and whoever stands in or was called since. */
  readonly lists: readonly Approvers[]
  /** Who of them is mentioned; a manager is among its people, and no group that Slack does not list. */
  readonly mentioned: readonly Approvers[]
  /** Too few of the stage's own can answer: who stands in for them. Nobody: with the admins too they are too few. */
  readonly standIns: 'otherwise' | 'admins' | 'nobody' | null
  may(facts: PersonFacts): Verdict
  /** By which of its lists they answer: as one of the stage's own, or in whose place. */
  answersAs(facts: PersonFacts): AnsweredAs
  /** By which entries of its lists they answer, in the catalog's own words; none where they do not. */
  because(facts: PersonFacts): string[]
  /**
   * Does a yes that was given by this list count still? While its giver is on that list, or on the stage's own: whoever
   * was called since nobody answered, or stood in, fills the seat for good. `as` null: given by one of them.
   */
  mayStill(facts: PersonFacts, as: AnsweredAs | null): Verdict
}

/** What is asked: a request, or one that is not made yet. */
export type Asked = Pick<Grant, 'requester' | 'subject' | 'askedMs' | 'reason'> & {
  readonly reviews: readonly Pick<Grant['reviews'][number], 'by' | 'stage'>[]
  /** Who manages whom it is for, where that is supposed and not looked up. */
  readonly managedBy?: Known<string> | null
} & Partial<Pick<Extract<Grant, { status: 'pending' }>, 'nudge'>>

/**
 * The panels of all stages, in their order. Where fewer people than a stage needs could answer it (the list is empty,
 * holds only the requester, or those who fill other seats), its `otherwise` approvers answer too, and where they are too
 * few as well, the admins. What cannot be read is not taken for empty: then nobody stands in.
 */
export async function panelsOf(
  world: Asking,
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
  world: Asking,
  entitlement: Entitlement,
  asked: Asked,
): Promise<(facts: PersonFacts, stage: number) => boolean> {
  const listing = await listingFor(world, entitlement, asked)
  return (facts, index) => {
    const stage = entitlement.review.stages[index]
    return stage !== undefined && isReviewer(facts, ownLists(stage), listing).answer === 'yes'
  }
}

/**
 * Whether somebody may answer it now, where its lists alone say so, whoever else can answer and whoever stands in: nobody
 * answered yet and they are on the first stage's own lists, or they are on no list of any stage. Null where more is to be
 * found out.
 */
export async function byListsAlone(
  world: Asking,
  entitlement: Entitlement,
  asked: Asked,
  facts: PersonFacts,
): Promise<boolean | null> {
  const listing = await listingFor(world, entitlement, asked)
  const { stages } = entitlement.review
  const isFirst = asked.reviews.length === 0
  if (isFirst && isReviewer(facts, ownLists(stages[0]), listing).answer === 'yes') return true
  const every = [...stages.flatMap(everyList), adminsAsList(entitlement)]
  return isReviewer(facts, every, listing).answer === 'no' ? false : null
}

const ownLists = ({ approvers, quiet }: Stage): Approvers[] =>
  quiet === null ? [approvers] : [approvers, quiet]

/** Every group that its stages name, read once. */
async function listingFor(world: Asking, entitlement: Entitlement, asked: Asked): Promise<Listing> {
  const lists = entitlement.review.stages.flatMap(everyList)
  const { subject, askedMs, reason, managedBy } = asked
  const manager = () => (managedBy === undefined ? managerOf(world, subject) : managedBy)
  // Beside each other: a card waits for both while Slack does not answer.
  const [groups, managed] = await Promise.all([
    world.directory.groups([...new Set(lists.flatMap((list) => list.groups))]),
    lists.some((list) => list.manager) ? manager() : null,
  ])
  return {
    entitlement,
    groups,
    asking: { durationMs: askedMs, reason },
    managerOf: managed,
    now: world.clock.now(),
  }
}

const adminsAsList = ({ admins: people }: Entitlement): Approvers => ({
  people,
  groups: [],
  manager: false,
  who: null,
})

const everyList = ({ approvers, quiet, otherwise, escalate }: Stage): Approvers[] =>
  [approvers, quiet, otherwise, escalate?.to ?? null].filter((list) => list !== null)

async function managerOf(world: Asking, subject: PersonRef): Promise<Known<string> | null> {
  const named = namedManager(world.catalog(), subject)
  if (named !== null) return named
  const facts = await world.directory.facts(subject)
  return facts === 'unknown' ? facts : managerBy(world.catalog(), facts)
}

/** Who manages them, an e-mail or a Slack user id: by the catalog, else by their source of people. */
export const managerBy = (catalog: Catalog, { person, provisioned }: PersonFacts): string | null =>
  namedManager(catalog, person) ?? provisioned?.managerUserId ?? null

function namedManager({ managers }: Catalog, subject: PersonRef): string | null {
  for (const [person, manager] of managers) if (isListed(subject, [person])) return manager
  return null
}

async function panelOf(
  world: Asking,
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
  const isShort = async (lists: readonly Approvers[]): Promise<Known<boolean>> => {
    const isFilled = await canFill(world, lists, needs, cannot, listing)
    return isFilled === 'unknown' ? isFilled : !isFilled
  }
  const admins = adminsAsList(listing.entitlement)
  const insteadOf: Record<AnsweredAs, readonly Approvers[]> = {
    own,
    otherwise: otherwise === null ? [] : [otherwise],
    admins: [admins],
    called: escalate === null ? [] : [escalate.to],
  }
  const lacking = await isShort(own)
  const lackingToo = lacking === true && otherwise !== null ? await isShort([...own, otherwise]) : lacking
  const isHopeless =
    lackingToo === true && (await isShort([...own, ...insteadOf.otherwise, ...insteadOf.admins])) === true
  const instead = lackingToo === true ? 'admins' : lacking === true ? 'otherwise' : null
  const beside: AnsweredAs[] = [
    ...(lacking === true ? ['otherwise' as const] : []),
    ...(lackingToo === true ? ['admins' as const] : []),
    ...(isEscalated(asked, index) ? ['called' as const] : []),
  ]
  /** Whether these stand in cannot be found out now. */
  const perhaps = [
    ...(lacking === 'unknown' ? insteadOf.otherwise : []),
    ...(lackingToo === 'unknown' ? insteadOf.admins : []),
  ]
  const others = beside.flatMap((as) => insteadOf[as])
  const lists = [...own, ...others]
  return {
    stage,
    lists,
    mentioned: [approvers, ...others]
      .map((list) => withManager(list, listing.managerOf))
      .map((list) => withoutUnlisted(list, listing.groups)),
    standIns: isHopeless ? 'nobody' : instead,
    may: (facts) => {
      const verdict = isReviewer(facts, lists, listing)
      const mayStandIn = verdict.answer === 'no' && isReviewer(facts, perhaps, listing).answer !== 'no'
      return mayStandIn ? { answer: 'unknown', reasons: [{ kind: 'unread-approvers' }] } : verdict
    },
    answersAs: (facts) =>
      (['own', ...beside] as const).find(
        (as) => isReviewer(facts, insteadOf[as], listing).answer === 'yes',
      ) ?? 'own',
    because: (facts) =>
      lists
        .flatMap(eachAlone)
        .filter((one) => isReviewer(facts, [one], listing).answer === 'yes')
        .flatMap(nameApprovers),
    mayStill: (facts, as) => {
      const given = as === null ? Object.values(insteadOf).flat() : [...own, ...insteadOf[as]]
      return isReviewer(facts, given, listing)
    },
  }
}

/** A group that Slack does not list calls nobody. */
export const withoutUnlisted = (list: Approvers, groups: Listing['groups']): Approvers => ({
  ...list,
  groups: list.groups.filter((handle) => groups(handle) !== 'unlisted'),
})

const withManager = (list: Approvers, manager: Listing['managerOf']): Approvers =>
  list.manager && manager !== null && manager !== 'unknown'
    ? { ...list, people: [...list.people, manager] }
    : list

const isEscalated = ({ nudge }: Asked, index: number): boolean =>
  nudge?.stage === index && nudge.escalatedAt !== null

/** Of more who are called, the others are not looked at one by one. */
const mostLookedAt = 50
const atOnce = 10

/** Are there as many people on these lists as must answer? */
async function canFill(
  world: Asking,
  lists: readonly Approvers[],
  needs: number,
  cannot: readonly PersonRef[],
  listing: Listing,
): Promise<Known<boolean>> {
  const mayNot = new Set(cannot.map(({ slack }) => slack.userId))
  const able = new Set<string>()
  const isEnough = () => able.size >= needs
  const unsure = new Set<string>()
  // Whoever is called may not answer for all that: they left, are another workspace's, or named by what is not verified.
  const judge = async (name: string): Promise<void> => {
    const facts = await world.directory.named(name)
    if (facts === null) return
    if (facts !== 'unknown' && cannot.some((one) => isSameHuman(one, facts.person))) return
    const answer = facts === 'unknown' ? facts : isReviewer(facts, lists, listing).answer
    if (answer === 'unknown') unsure.add(name)
    if (answer === 'yes' && facts !== 'unknown') able.add(facts.person.slack.userId)
  }
  const lookAt = async (names: readonly string[]): Promise<void> => {
    const others = names.filter((name) => !mayNot.has(name) && !able.has(name))
    for (const name of others.slice(mostLookedAt)) unsure.add(name)
    // Some at once: while Slack is silent each takes its time to be unknown.
    for (let at = 0; at < Math.min(others.length, mostLookedAt) && !isEnough(); at += atOnce)
      await Promise.all(others.slice(at, Math.min(at + atOnce, mostLookedAt)).map(judge))
  }
  const members = lists.flatMap(({ groups }) => groups).map(listing.groups)
  if (members.includes('unknown')) return 'unknown'
  await lookAt([...new Set(members.flatMap((some) => (typeof some === 'string' ? [] : [...some])))])
  if (isEnough()) return true
  const { managerOf: manager } = listing
  const isManaged = lists.some((list) => list.manager)
  if (isManaged && manager === 'unknown') return 'unknown'
  const named = [...lists.flatMap(({ people }) => people), ...(isManaged && manager ? [manager] : [])]
  await lookAt([...new Set(named)])
  if (isEnough()) return true
  if (unsure.size > 0) return 'unknown'
  if (!lists.some(({ who }) => who !== null)) return false
  const everyone = await world.directory.everyone()
  if (everyone === 'unknown') return 'unknown'
  for (const facts of everyone.people) {
    if (able.has(facts.person.slack.userId) || cannot.some((one) => isSameHuman(one, facts.person))) continue
    const { answer } = isReviewer(facts, lists, listing)
    if (answer === 'unknown') return 'unknown'
    if (answer === 'yes') able.add(facts.person.slack.userId)
    if (isEnough()) return true
  }
  return everyone.isSomebodyUnread ? 'unknown' : false
}
