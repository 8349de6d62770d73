import { findEntitlement, type Entitlement } from '../../domain/catalog.ts'
import { offeredMs, type GrantPlace, type Pending } from '../../domain/grant.ts'
import type { Known, PersonFacts } from '../../domain/person.ts'
import { termsFor } from '../../domain/policy.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import { mayLast } from '../../domain/timing.ts'
import { transition } from '../../domain/transition.ts'
import { earlierOf, openNow } from '../asked-of.ts'
import { panelsOf } from '../panel.ts'
import { whereStill } from '../review.ts'
import { isOutdated, newRules, withOneCatalog, type World } from '../world.ts'

/** One count at a time; what changes meanwhile is counted by the next look. `stop` waits for one request at the most. */
export function recounting(world: World): { soon(): void; stop(): Promise<void> } {
  let running: Promise<void> | null = null
  let isStopped = false
  return {
    soon: () => {
      if (isStopped) return
      running ??= world.grants
        .pending(mostPending)
        .then((pending) => recountEach(world, pending, () => isStopped))
        .catch((error: unknown) => world.log.warn('could not look at what waits', { error }))
        .finally(() => (running = null))
    },
    stop: async () => {
      isStopped = true
      await running
    },
  }
}

const mostPending = 5_000

/**
 * Counts the yeses of what waits by the rules and lists of now, as a click would: rules change, and people leave a list,
 * without anybody clicking. Where another stage is open than was called, that one is called, reminded and passed over for
 * others from now on; what has all the yeses that are asked for is approved. What is not known changes nothing. Never throws.
 */
export async function recountEach(
  world: World,
  pending: readonly Pending[],
  isStopped: () => boolean = () => false,
): Promise<void> {
  for (const grant of pending) {
    if (isStopped()) return
    if (grant.reviews.length === 0) continue
    try {
      await recount(world, grant)
    } catch (error) {
      world.log.error('could not count who said yes', { grantId: grant.id, error })
    }
  }
}

async function recount(world: World, seen: Pending): Promise<void> {
  const one = withOneCatalog(world)
  const entitlement = findEntitlement(one.catalog(), seen.resource.id, seen.entitlement.id)
  if (entitlement === null) return
  const { stages } = entitlement.review
  const [panels, earlier] = await Promise.all([panelsOf(one, entitlement, seen), earlierOf(one, seen)])
  const openOf = (grant: Pending) => openNow(grant, earlier, panels, stages)
  const open = openOf(seen)
  if (open === 'unknown' || (!open.isFilled && open.stage === seen.nudge?.stage)) return
  // Nobody clicks: as with what a rule approves, all replicas are to go by these rules.
  if (!world.agrees()) return
  const [requester, subject] = await Promise.all([
    world.directory.facts(seen.requester),
    world.directory.facts(seen.subject),
  ])
  const changed = await world.grants.change(seen.id, (grant, now) => {
    if (isOutdated(world, one)) return newRules(grant)
    if (grant.status !== 'pending') return refuse('decided', { grant })
    const counted = openOf(grant)
    if (counted === 'unknown') return refuse('unsure', { grant })
    const { isFilled, voided } = counted
    if (!isFilled) return transition(grant, { type: 'recount', stages, voided, terms: null }, now)
    const counting = { ...grant, reviews: grant.reviews.filter(({ by }) => !voided.includes(by.id)) }
    const place = placeOf(one, { requester, subject }, counting, entitlement, now)
    if (isRefusal(place)) return place
    const terms = termsFor(entitlement, place, grant)
    return transition(grant, { type: 'recount', stages, voided, terms }, now)
  })
  if (isRefusal(changed))
    world.log.debug('it waits on as it is', {
      grantId: seen.id,
      why: changed.refused,
      reasons: changed.reasons,
    })
}

function placeOf(
  world: World,
  facts: { requester: Known<PersonFacts>; subject: Known<PersonFacts> },
  grant: Pending,
  entitlement: Entitlement,
  now: Date,
): GrantPlace | Refusal {
  const durationMs = offeredMs(grant)
  const { pattern } = grant
  if (pattern !== null && !mayLast({ ...pattern, durationMs }, entitlement, now))
    return refuse('bad-duration', { grant })
  return whereStill(world.catalog(), facts, grant, entitlement, durationMs, now)
}
