import { setImmediate as turn } from 'node:timers/promises'
import type { Answer } from '../domain/answer.ts'
import { everyEntitlement, type Catalog, type Entitlement } from '../domain/catalog.ts'
import {
  refTo,
  stayingIn,
  type GroupMembers,
  type Known,
  type PersonFacts,
  type PersonRef,
} from '../domain/person.ts'
import { wouldHave } from '../domain/policy.ts'
import type { GrantUsage, HeldPair } from '../domain/ports/grant-usage.ts'
import type { Provisioning, ProvisioningRecords } from '../domain/ports/provisioning.ts'
import { namesOfGroups } from '../domain/provisioned-groups.ts'
import { isStandingRule } from '../domain/standing.ts'
import { withoutGroup } from '../domain/without-group.ts'
import type { World } from './world.ts'

/**
 * What nobody used since then: entitlements of which no grant was held, and memberships of groups that open something of
 * which their member held nothing. That somebody holds something by rule does not say that they use it: it is said apart.
 * Writes nothing.
 */

export interface Unused {
  readonly since: Date
  /** When the first grant of all was asked for; null: none was. After `since`, the record says nothing of before it. */
  readonly recordedSince: Date | null
  readonly entitlements: readonly UnusedEntitlement[]
  readonly groups: readonly GroupUse[]
  /** Somebody is missing in this: their record in Slack cannot be read. */
  readonly isSomebodyUnread: boolean
}

export interface UnusedEntitlement {
  readonly entitlement: Entitlement
  /** How many hold it by rule, or did since then; 0: nobody held it in any way. */
  readonly byRule: number
  /** Null: never, as far as is recorded. */
  readonly lastHeldAt: Date | null
  readonly firstAskedAt: Date | null
}

export interface GroupUse {
  /** `@dba` is Slack's, `dba` is SCIM's. */
  readonly name: string
  /** Those whose rule names it. */
  readonly entitlements: readonly Entitlement[]
  /** Unknown, or no such group: then nothing else is said. */
  readonly members: number | 'unknown' | 'unlisted'
  /** How many held something that it opens for them. */
  readonly used: number
  readonly unused: readonly UnusedMembership[]
  /** They hold by rule what it opens, and nothing else that it opens. */
  readonly byRule: readonly PersonRef[]
  /** It opens nothing for them that they would not have without it. */
  readonly opensNothing: readonly PersonRef[]
  /** Whether it opens anything for them cannot be said now. */
  readonly unknown: readonly PersonRef[]
}

export interface UnusedMembership {
  readonly person: PersonRef
  /** Not a member for longer than since then; null: longer, or a group of Slack, which does not say. */
  readonly joinedAt: Date | null
}

type Asking = Pick<World, 'catalog' | 'directory' | 'clock'> & {
  readonly usage: GrantUsage
  readonly provisioning: Pick<Provisioning, 'groups'> & Pick<ProvisioningRecords, 'joinedSince'>
}

/** Unknown while Slack does not say who there is. */
export async function unusedSince(world: Asking, since: Date): Promise<Known<Unused>> {
  const catalog = world.catalog()
  const all = everyEntitlement(catalog)
  const names = [...new Set(all.flatMap(({ who }) => who.groups))]
  // First: whoever is new to a directory is matched with their Users by it.
  const everyone = await world.directory.everyone()
  if (everyone === 'unknown') return everyone
  const [membersOf, held, recordedSince, joined] = await Promise.all([
    world.directory.groups(names),
    world.usage.heldSince(since, all),
    world.usage.recordedSince(),
    joinedSince(world, since),
  ])
  const now = world.clock.now()
  const groups: GroupUse[] = []
  for (const name of names) {
    await turn()
    groups.push(
      useOf(name, membersOf(name), everyone.people, {
        catalog,
        entitlements: all.filter(({ who }) => who.groups.includes(name)),
        held: new Set(held.map(keyOfPair)),
        joined,
        now,
      }),
    )
  }
  return {
    since,
    recordedSince,
    entitlements: await unusedAmong(world, all, held),
    groups,
    isSomebodyUnread: everyone.isSomebodyUnread,
  }
}

async function unusedAmong(
  { usage }: Asking,
  all: readonly Entitlement[],
  held: readonly HeldPair[],
): Promise<UnusedEntitlement[]> {
  const found: UnusedEntitlement[] = []
  const [asked, byRule] = [new Set<string>(), new Map<string, number>()]
  for (const { resource, entitlement, isAskedFor } of held) {
    const key = JSON.stringify([resource, entitlement])
    if (isAskedFor) asked.add(key)
    else byRule.set(key, (byRule.get(key) ?? 0) + 1)
  }
  for (const entitlement of all) {
    const key = JSON.stringify([entitlement.resource.id, entitlement.id])
    if (asked.has(key)) continue
    found.push({ entitlement, byRule: byRule.get(key) ?? 0, ...(await usage.pastOf(entitlement)) })
  }
  return found
}

interface Beside {
  readonly catalog: Catalog
  readonly entitlements: readonly Entitlement[]
  readonly held: ReadonlySet<string>
  /** When a person became a member of a SCIM group, where that was since then. */
  readonly joined: ReadonlyMap<string, Date>
  readonly now: Date
}

function useOf(
  name: string,
  members: GroupMembers,
  people: readonly PersonFacts[],
  { catalog, entitlements, held, joined, now }: Beside,
): GroupUse {
  const use = {
    unused: new Array<UnusedMembership>(),
    byRule: new Array<PersonRef>(),
    opensNothing: new Array<PersonRef>(),
    unknown: new Array<PersonRef>(),
  }
  if (typeof members === 'string') return { name, entitlements, members, used: 0, ...use }
  const staying = new Set(stayingIn(members))
  const theirs = people.filter(({ isHere, person }) => isHere && staying.has(person.slack.userId))
  let used = 0
  for (const facts of theirs) {
    const person = refTo(facts.person)
    const without = withoutGroup(facts, name)
    const answers = entitlements.map((entitlement) => ({
      entitlement,
      answer: wouldHave(catalog, facts, entitlement, now).answer,
      answerWithout: wouldHave(catalog, without, entitlement, now).answer,
    }))
    const opened = answers
      .filter(({ answer, answerWithout }) => answer === 'yes' && answerWithout === 'no')
      .map(({ entitlement }) => entitlement)
    const isHeld = ({ resource, id }: Entitlement): boolean =>
      [facts.person.id, ...(facts.person.also ?? [])].some((personId) =>
        held.has(keyOfPair({ personId, resource: resource.id, entitlement: id })),
      )
    if (opened.some((one) => !isStandingRule(one) && isHeld(one))) used += 1
    else if (opened.some(isHeld)) use.byRule.push(person)
    else if (opened.length > 0)
      use.unused.push({ person, joinedAt: joined.get(keyOfMember(facts.person.id, name)) ?? null })
    else if (answers.some(isUnsure)) use.unknown.push(person)
    else use.opensNothing.push(person)
  }
  return { name, entitlements, members: theirs.length, used, ...use }
}

const isUnsure = ({ answer, answerWithout }: { answer: Answer; answerWithout: Answer }): boolean =>
  answer === 'unknown' || (answer === 'yes' && answerWithout === 'unknown')

async function joinedSince({ provisioning }: Asking, since: Date): Promise<ReadonlyMap<string, Date>> {
  const [joined, groups] = await Promise.all([provisioning.joinedSince(since), provisioning.groups()])
  const names = namesOfGroups(groups)
  return new Map(
    joined.flatMap(({ personId, group, at }) =>
      (names.get(group) ?? []).map((name) => [keyOfMember(personId, name), at] as const),
    ),
  )
}

const keyOfPair = ({ personId, resource, entitlement }: Omit<HeldPair, 'isAskedFor'>): string =>
  JSON.stringify([personId, resource, entitlement])

const keyOfMember = (personId: string, name: string): string => JSON.stringify([personId, name])
