import { isListed } from '../../domain/approvers.ts'
import type { Catalog } from '../../domain/catalog.ts'
import { isSameHuman, plainlyNamed, refTo, type PersonFacts, type PersonRef } from '../../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { mayLookAfter } from '../admins.ts'
import { identityAdmins } from '../answer-identity.ts'
import { asAct } from '../as-act.ts'
import { personAct } from '../person-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'

/*
 * An admin helps somebody who has no way to confirm, or lost one: with a one-time code that is given in person, or by
 * removing all they have. By the facts and the lists of that moment, never for themselves; whom it is about is told.
 */

export interface Help {
  readonly by: PersonRef
  /** Slack's, of whom it is about. */
  readonly userId: string
}

/** Do they look after who is who? */
export const isHelper = (catalog: Catalog, facts: PersonFacts): boolean =>
  mayLookAfter(facts) && !facts.isExternal && isListed(facts.person, identityAdmins(catalog))

/** Why this admin does not help this person; null: they may. */
export function whyNoHelp(catalog: Catalog, admin: PersonFacts, whom: PersonFacts): Refusal | null {
  if (!isHelper(catalog, admin)) return refuse('not-an-admin')
  if (isSameHuman(admin.person, whom.person)) return refuse('own-ways')
  const why = whyNobodyToHelp(whom)
  return why === null ? null : refuse('not-helped', { reasons: [why] })
}

function whyNobodyToHelp({ isHere, isExternal, provisioned }: PersonFacts): string | null {
  if (!isHere) return 'they are no member of this workspace, or not any more'
  if (isExternal) return 'they are of another workspace'
  if (provisioned?.isStranger === true) return 'no company directory knows them'
  if (provisioned?.isInQuestion === true)
    return 'an admin is to say first whether they are who a directory says'
  return null
}

export interface CodeToGive {
  readonly whom: PersonRef
  /** A secret: shown to this admin, once, and to be found nowhere else. */
  readonly code: string
  readonly until: Date
}

/** In place of one that was made for them before. */
export async function makeCodeFor(world: World, help: Help): Promise<CodeToGive | Refusal> {
  const both = await askedNow(world, help)
  if (isRefusal(both)) return both
  const { admin, whom } = both
  const { enrolling } = world.confirming
  const made = await asAct(
    world,
    personAct('way-code-made', whom, { by: admin }),
    () => enrolling.makeCode(whom, admin),
    (one) => ('no' in one ? 'refused' : 'done'),
  )
  if ('no' in made) return refuse('not-made', { reasons: [made.no] })
  world.log.info('an admin made a one-time code', noted(both))
  return { whom, code: made.code, until: made.until }
}

/** How many they had. Pages on which they would just add another are closed to them too. */
export async function removeAllWaysOf(
  world: World,
  help: Help,
): Promise<{ readonly whom: PersonRef; readonly removed: number } | Refusal> {
  const both = await askedNow(world, help)
  if (isRefusal(both)) return both
  const { admin, whom } = both
  const removeAll = async (): Promise<number> => {
    // Before, so that nobody adds one meanwhile; and after, as the code that opens a page was good until then.
    await world.tickets.endEnrolling(whom.id)
    const count = await world.confirming.enrolling.removeAll(whom, admin)
    await world.tickets.endEnrolling(whom.id)
    return count
  }
  const act = personAct('ways-removed', whom, { by: admin })
  const removed = await asAct(world, act, removeAll, (count) => ({
    outcome: 'done',
    details: { removed: String(count) },
  }))
  world.log.info('an admin removed all that somebody confirms with', { ...noted(both), removed })
  return { whom, removed }
}

interface Both {
  readonly admin: PersonRef
  readonly whom: PersonRef
}

const noted = ({ admin, whom }: Both) => ({ by: admin.id, admin: plainlyNamed(admin), person: whom.id })

async function askedNow(world: World, { by, userId }: Help): Promise<Both | Refusal> {
  const one = withOneCatalog(world)
  const { directory } = world
  const found = await directory.named(userId)
  if (found === null) return refuse('not-helped', { reasons: ['Slack knows nobody of this id'] })
  if (found === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who that is'] })
  const [admin, whom] = await Promise.all([directory.freshFacts(by), directory.freshFacts(found.person)])
  if (admin === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (whom === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who that is'] })
  const refusal = whyNoHelp(one.catalog(), admin, whom)
  if (refusal !== null) return refusal
  if (isOutdated(world, one)) return newRules(null)
  return { admin: refTo(admin.person), whom: refTo(whom.person) }
}
