import type { Act } from '../domain/audit/act.ts'
import type { Difference, DifferentPlace } from '../domain/ports/differences.ts'
import { isSamePlace } from '../domain/place.ts'
import { refTo, type PersonRef } from '../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { isAdminOf } from './admins.ts'
import { asAct } from './as-act.ts'
import { stillListed } from './reconcile.ts'
import { takeUnowed } from './by-itself/hold-protocol.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/*
 * What an admin says of that which is held without a grant: take it back, or that it is fine for a time. Each answer is
 * to what was shown, and to nothing else.
 */

export interface Answer {
  readonly by: PersonRef
  readonly resource: string
  readonly mark: string
  readonly picks: readonly Pick[]
}

/** One who holds something without a grant. */
export interface Pick {
  readonly place: DifferentPlace
  readonly principal: string
}

export interface Answered {
  readonly done: number
  /** Not now: somebody works on it, or the system does not answer. They stay reported. */
  readonly open: readonly string[]
}

export const longestFineMs = 366 * 86_400_000

/** Takes back from these what no grant explains; whoever was given it meanwhile keeps it. */
export async function takeStray(world: World, answer: Answer): Promise<Answered | Refusal> {
  const admin = await answering(world, answer)
  if (isRefusal(admin)) return admin
  const open: string[] = []
  for (const { place, principal } of answer.picks) {
    const { system, canonical, target } = place
    const act = strayAct('difference-taken-back', { place, principal }, admin.by)
    const outcome = await asAct(
      world,
      act,
      () => takeUnowed(world, { system, canonical, target, principal }),
      (one) => ({ outcome: one === 'taken' ? 'done' : 'failed', details: { outcome: one } }),
    )
    world.log.info('an admin took back what no grant explains', {
      by: admin.by.id,
      system,
      canonical,
      principal,
      outcome,
    })
    if (outcome !== 'taken') open.push(principal)
  }
  open.push(...(await listedAgain(world, answer.picks)).filter((principal) => !open.includes(principal)))
  await settle(world, admin.difference, { picks: answer.picks, open })
  return { done: answer.picks.length - open.length, open }
}

/** What is listed is what an admin saw: whoever the system still lists was not taken, whatever else it says of them. */
async function listedAgain(world: World, picks: readonly Pick[]): Promise<string[]> {
  const places = new Map(picks.map(({ place }) => [`${place.system} ${place.canonical}`, place]))
  const found: string[] = []
  for (const place of places.values()) {
    const asked = picks.filter((pick) => isSamePick(pick.place, place))
    const principals = asked.map(({ principal }) => principal)
    try {
      found.push(...(await stillListed(world, place, principals)))
    } catch (error) {
      world.log.warn('cannot list now what was taken back', { system: place.system, error })
      found.push(...principals)
    }
  }
  return found
}

const isSamePick = (one: DifferentPlace, other: DifferentPlace): boolean =>
  one.system === other.system && one.canonical === other.canonical

/** Says of these that they hold it rightly until then: they are not reported before. */
export async function acceptStray(
  world: World,
  { until, ...answer }: Answer & { readonly until: Date },
): Promise<Answered | Refusal> {
  const now = world.clock.now()
  if (until <= now || until.getTime() - now.getTime() > longestFineMs) return refuse('bad-until')
  const admin = await answering(world, answer)
  if (isRefusal(admin)) return admin
  const accept = () =>
    world.accepted.accept(
      answer.picks.map(({ place: { system, canonical }, principal }) => ({
        system,
        canonical,
        principal,
        until,
        by: admin.by.id,
        at: now,
      })),
    )
  const accepted = answer.picks.map((pick) =>
    strayAct('difference-accepted', pick, admin.by, { until: until.toISOString() }),
  )
  // One word for all of them.
  await accepted.reduce((work, act) => () => asAct(world, act, work), accept)()
  world.log.info('an admin found fine what no grant explains', {
    by: admin.by.id,
    resource: answer.resource,
    until,
    principals: answer.picks.map(({ principal }) => principal),
  })
  await settle(world, admin.difference, { picks: answer.picks, open: [] })
  return { done: answer.picks.length, open: [] }
}

const strayAct = (
  type: 'difference-taken-back' | 'difference-accepted',
  { place, principal }: Pick,
  by: PersonRef,
  more: Act['details'] = {},
): Act => ({
  type,
  by,
  about: { kind: 'system', id: place.system, name: place.system },
  details: { canonical: place.canonical, principal, entitlement: place.entitlement.id, ...more },
})

async function answering(
  world: World,
  { by, resource, mark, picks }: Answer,
): Promise<{ by: PersonRef; difference: Difference } | Refusal> {
  const one = withOneCatalog(world)
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const difference = await world.differences.of(resource)
  if (picks.length === 0) return refuse('differs-otherwise')
  const entitlements = new Map(picks.map(({ place }) => [place.entitlement.id, place.entitlement]))
  for (const entitlement of entitlements.values())
    if (!(await isAdminOf(one, facts, { resource: { id: resource }, entitlement })))
      return refuse('not-an-admin')
  if (difference === null || difference.mark !== mark) return refuse('differs-otherwise')
  if (!picks.every((pick) => isAmong(difference, pick))) return refuse('differs-otherwise')
  if (picks.some(({ place }) => isElsewhere(world, place))) return refuse('differs-otherwise')
  if (isOutdated(world, one)) return newRules(null)
  return { by: refTo(facts.person), difference }
}

/** It was found on another system than the one that goes by its name now. */
const isElsewhere = ({ systems }: World, { system, where }: DifferentPlace): boolean =>
  where !== null && !isSamePlace(where, systems(system)?.connector.where ?? '')

const isAmong = ({ places }: Difference, { place, principal }: Pick): boolean =>
  places.some(
    (one) =>
      one.system === place.system &&
      one.canonical === place.canonical &&
      one.unexplained.first.includes(principal),
  )

/** Those who were answered are reported no more; the next look finds what is left. */
async function settle(
  world: World,
  difference: Difference,
  { picks, open }: { picks: readonly Pick[]; open: readonly string[] },
): Promise<void> {
  const places = difference.places
    .map((place) => {
      const { count, first } = place.unexplained
      const answered = new Set(
        picks
          .filter((pick) => pick.place.system === place.system && pick.place.canonical === place.canonical)
          .map(({ principal }) => principal)
          .filter((principal) => !open.includes(principal)),
      )
      const left = first.filter((principal) => !answered.has(principal))
      return { ...place, unexplained: { count: count - (first.length - left.length), first: left } }
    })
    .filter(({ unexplained, missing }) => unexplained.count + missing.count > 0)
  if (places.length === 0) await world.differences.forget(difference.resource.id)
  else
    await world.differences.note({
      ...difference,
      places,
      mark: `${difference.mark}+${world.newId().slice(0, 6)}`,
    })
}
