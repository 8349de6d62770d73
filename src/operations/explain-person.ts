import type { Entitlement } from '../domain/catalog.ts'
import { isListed } from '../domain/approvers.ts'
import type { Open } from '../domain/grant.ts'
import { isOpen } from '../domain/grant.ts'
import { refTo, type Known, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { mayAskForOthers, usualAsking, wouldHave, type Verdict } from '../domain/policy.ts'
import type { WouldAnswer } from '../domain/would-answer.ts'
import { isAdminOf } from './admins.ts'
import { managerBy } from './panel.ts'
import { answeringOf } from './would-answer.ts'
import type { Deciding } from './world.ts'

/** Who somebody is, what they hold, and what they may have, answer and look after, with the reasons. Writes nothing. */

type Asking = Pick<Deciding, 'catalog' | 'directory' | 'clock' | 'grants'>

export interface PersonExplained {
  readonly facts: PersonFacts
  /** Who manages them; by what they are called alone, where nobody of Slack is called so. */
  readonly manager: Known<PersonRef> | { readonly called: string } | null
  readonly manages: Known<readonly PersonRef[]>
  /** Everything unfinished: asked for, waited for, held. */
  readonly open: readonly Open[]
  readonly entitlements: readonly EntitlementExplained[]
}

export interface EntitlementExplained {
  readonly entitlement: Entitlement
  /** May they ask for it themselves? Of what is held by rule: does the rule name them? */
  readonly may: Verdict
  readonly mayAskForOthers: boolean
  /** Empty where nobody is asked. */
  readonly answers: readonly WouldAnswer[]
  readonly isAdmin: boolean
}

/** Of these entitlements. What they hold of others is not said. */
export async function explainPerson(
  world: Asking,
  facts: PersonFacts,
  entitlements: readonly Entitlement[],
): Promise<PersonExplained> {
  const [manages, manager, open] = await Promise.all([
    managedBy(world, facts),
    managerOf(world, facts),
    world.grants.openOf(facts.person.id),
  ])
  const isManager = manages !== 'unknown' && manages.length > 0
  const explained: EntitlementExplained[] = []
  for (const entitlement of entitlements)
    explained.push(await explainEntitlement(world, facts, entitlement, isManager))
  const named = new Set(entitlements.map((one) => keyOf(one.resource.id, one.id)))
  return {
    facts,
    manager,
    manages,
    open: open.filter(isOpen).filter((grant) => named.has(keyOf(grant.resource.id, grant.entitlement.id))),
    entitlements: explained,
  }
}

const keyOf = (resource: string, entitlement: string): string => `${resource}/${entitlement}`

async function explainEntitlement(
  world: Asking,
  facts: PersonFacts,
  entitlement: Entitlement,
  isManager: boolean,
): Promise<EntitlementExplained> {
  const now = world.clock.now()
  const isAsked = entitlement.mode === 'approval'
  const { resource } = entitlement
  return {
    entitlement,
    may: wouldHave(world.catalog(), facts, entitlement, now),
    mayAskForOthers: isAsked && mayAskForOthers(facts, entitlement, usualAsking(entitlement), now),
    answers: isAsked ? await (await answeringOf(world, entitlement)).of(facts, isManager) : [],
    isAdmin: await isAdminOf(world, facts, { resource, entitlement }),
  }
}

async function managerOf(world: Asking, facts: PersonFacts): Promise<PersonExplained['manager']> {
  const name = managerBy(world.catalog(), facts)
  if (name === null) return null
  const found = await world.directory.named(name)
  if (found === 'unknown') return found
  return found === null ? { called: name } : refTo(found.person)
}

async function managedBy(world: Asking, { person }: PersonFacts): Promise<Known<readonly PersonRef[]>> {
  const everyone = await world.directory.everyone()
  if (everyone === 'unknown') return everyone
  const catalog = world.catalog()
  return everyone.people
    .filter((one) => one.isHere && one.person.id !== person.id)
    .filter((one) => isListed(person, [managerBy(catalog, one) ?? '']))
    .map((one) => refTo(one.person))
}
