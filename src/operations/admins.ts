import {
  entitlementsIn,
  everyEntitlement,
  findEntitlement,
  perCatalog,
  type Catalog,
  type Entitlement,
} from '../domain/catalog.ts'
import type { Known, PersonFacts } from '../domain/person.ts'
import { isListed } from '../domain/approvers.ts'
import type { World } from './world.ts'

/*
 * Who looks after something: ends it, tries it again, closes its review. The one answer for the click, the card, the Home
 * tab, alerts, reminders and the message of the day. It lets nobody approve anything.
 */

/** What is looked after: a grant, a pre-approval, a row of the past. */
export interface LookedAfter {
  readonly resource: { readonly id: string }
  readonly entitlement: { readonly id: string }
}

type Asking = Pick<World, 'catalog' | 'directory'>

/** Everybody whom the catalog names as an admin of anything: e-mails and Slack ids. */
export const everyAdmin = perCatalog((catalog): readonly string[] => [
  ...new Set(everyEntitlement(catalog).flatMap(({ admins }) => admins)),
])

/**
 * The admins, as the catalog names them now: e-mails and Slack ids. Of an entitlement that it names no more, or whose
 * admins have all left: those of the resource's others; and where that leaves nobody, every admin of the catalog. So
 * somebody can look after it as long as any admin is here; empty when none is. Who cannot be looked up has not left.
 */
export async function adminsOf(
  world: Asking,
  what: LookedAfter,
  lookedAt: LookedAt = new Map(),
): Promise<readonly string[]> {
  const catalog = world.catalog()
  const siblings = entitlementsIn(catalog, what.resource.id)
  const lists = [ownAdmins(catalog, what), siblings.flatMap(({ admins }) => admins), everyAdmin(catalog)]
  for (const list of lists) {
    const people = [...new Set(list)]
    const key = people.join('\n')
    const isAnyHere = lookedAt.get(key) ?? anyHere(world, people)
    lookedAt.set(key, isAnyHere)
    if (await isAnyHere) return people
  }
  return []
}

/** Whether anybody of a list is here, found once in one look at many things: most have the same lists. */
type LookedAt = Map<string, Promise<boolean>>

async function anyHere(world: Asking, people: readonly string[]): Promise<boolean> {
  for (const person of people) if ((await hereAs(world, person)) !== null) return true
  return false
}

/** Is this person one of them? */
export async function isAdminOf(
  world: Asking,
  facts: PersonFacts,
  what: LookedAfter,
  lookedAt: LookedAt = new Map(),
): Promise<boolean> {
  if (!mayLookAfter(facts)) return false
  return (
    isListed(facts.person, ownAdmins(world.catalog(), what)) ||
    isListed(facts.person, await adminsOf(world, what, lookedAt))
  )
}

/** Of these, what they are the admin of. Asks once for each entitlement, however many there are of it. */
export async function lookedAfterBy<T extends LookedAfter>(
  world: Asking,
  facts: PersonFacts,
  all: readonly T[],
): Promise<T[]> {
  const theirs = new Map<string, Promise<boolean>>()
  const lookedAt: LookedAt = new Map()
  const isTheirs = (what: LookedAfter): Promise<boolean> => {
    const key = `${what.resource.id}/${what.entitlement.id}`
    const known = theirs.get(key) ?? isAdminOf(world, facts, what, lookedAt)
    theirs.set(key, known)
    return known
  }
  const answers = await Promise.all(all.map(isTheirs))
  return all.filter((_, i) => answers[i])
}

/** Of all that the catalog holds now, what they look after. */
export async function entitlementsOf(world: Asking, facts: PersonFacts): Promise<Entitlement[]> {
  const all = everyEntitlement(world.catalog()).map((entitlement) => ({
    resource: entitlement.resource,
    entitlement,
  }))
  return (await lookedAfterBy(world, facts, all)).map(({ entitlement }) => entitlement)
}

/** Does the catalog name this person as an admin of anything? */
export const isAnyAdmin = (catalog: Catalog, facts: PersonFacts): boolean =>
  mayLookAfter(facts) && isListed(facts.person, everyAdmin(catalog))

/**
 * Whoever left, is unknown to a directory where one is required, or is perhaps not who they are taken for, looks after
 * nothing, whatever list they are on.
 */
export const mayLookAfter = ({ isHere, provisioned }: PersonFacts): boolean =>
  isHere && provisioned?.isStranger !== true && provisioned?.isInQuestion !== true

/** The admins who are here, as Slack user ids: whom a message can reach. Not whole where Slack does not say of one. */
export async function adminIds(
  world: Asking,
  what: LookedAfter,
): Promise<{ readonly userIds: readonly string[]; readonly isWhole: boolean }> {
  const found = await Promise.all((await adminsOf(world, what)).map((person) => hereAs(world, person)))
  return {
    userIds: [...new Set(found.flatMap((one) => (one === null || one === 'unknown' ? [] : one)))],
    isWhole: !found.includes('unknown'),
  }
}

const ownAdmins = (catalog: Catalog, { resource, entitlement }: LookedAfter): readonly string[] =>
  findEntitlement(catalog, resource.id, entitlement.id)?.admins ?? []

/** Their Slack id while they are here; null once they have left, or where nobody is called so. */
async function hereAs({ directory }: Asking, name: string): Promise<Known<string> | null> {
  const facts = await directory.named(name)
  // Whoever is named by their id needs not be looked up to be reached.
  if (facts === 'unknown') return name.includes('@') ? facts : name
  return facts !== null && mayLookAfter(facts) ? facts.person.slack.userId : null
}
