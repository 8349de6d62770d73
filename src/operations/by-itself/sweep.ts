import type { Grant } from '../../domain/grant.ts'
import type { DueGrant } from '../../domain/ports/grants.ts'
import { holdId } from '../../domain/hold.ts'
import { leadMs, repair, tidy } from './hold-protocol.ts'
import { LeaseLost } from './lease.ts'
import { settle } from './settle.ts'
import type { World } from '../world.ts'

/** How much this process takes on at once for one system; the rest stays due and is found by a later sweep. */
const mostOfASystem = 2_000
/** What is left over opens nothing: it is never in the way of what does. */
const mostTidied = 20
/** What was written so lately is settled without being read: another replica changed it hardly since. */
const freshMs = 500
const nextLookMs = 1_000

/**
 * Reads what falls due within `leadMs`, starts it in the systems' queues and returns: it waits for no system.
 * Any replica may sweep at any time.
 */
export async function sweep(world: World): Promise<void> {
  await world.clock.sample()
  const now = world.clock.now()
  const before = new Date(now.getTime() + leadMs)
  // A hung system fills its own part and no other's: beyond what runs already there is always room to find.
  const full = world.queues.fullSystems(mostOfASystem)
  const limit = world.queues.size + mostOfASystem
  for (const grant of await world.grants.due(before, limit, { but: full })) {
    // One that is being settled already is found again by the next sweep if that leaves anything to do.
    if (isTimely(grant, { now, before }) && !world.queues.isRunning(grant.id)) startSettling(world, grant)
    settleSoon(world, grant, now)
  }
  for (const hold of await world.holds.due(now, limit, full)) {
    world.queues.start(holdId(hold), hold.system, async () => {
      try {
        await world.trace({ type: 'repair', system: hold.system }, () => repair(world, hold))
      } catch (error) {
        if (!(error instanceof LeaseLost)) world.log.error('could not repair a hold now', { error })
      }
    })
  }
  for (const hold of await world.holds.leftoversDue(now, mostTidied)) {
    world.queues.start(`tidy ${holdId(hold)}`, hold.system, () =>
      world
        .trace({ type: 'tidy', system: hold.system }, () => tidy(world, hold))
        .catch((error: unknown) => {
          world.log.warn('could not look now at what is left over', { hold: holdId(hold), error })
        }),
    )
  }
}

/** Settles what this process itself just made due, without waiting for the next sweep. */
export function settleOnChange(world: World): () => void {
  return world.grants.onChange((grant) => {
    const now = world.clock.now()
    const isDue = grant.dueAt !== null && grant.dueAt <= now
    settleSoon(world, grant, now)
    // What is to be settled once more is settled as it was written last: it may not be due any more.
    if (isDue || world.queues.isWantedAgain(grant.id)) startSettling(world, grant, grant)
  })
}

/** What falls due before the next look, as a try after one that failed, is settled at its instant. */
function settleSoon(
  world: World,
  grant: Pick<DueGrant, 'id' | 'system'> & { dueAt: Date | null },
  now: Date,
): void {
  const inMs = grant.dueAt === null ? Infinity : grant.dueAt.getTime() - now.getTime()
  if (inMs <= 0 || inMs > nextLookMs) return
  void world.clock.sleep(inMs).then(() => {
    // What was prepared for this instant is under way.
    if (!world.queues.isRunning(grant.id)) startSettling(world, grant)
  })
}

function startSettling(
  world: World,
  { id, system }: Pick<DueGrant, 'id' | 'system'>,
  wrote: Grant | null = null,
): void {
  const seenAtMs = world.clock.monotonicMs()
  world.queues.start(id, system, () => {
    const isFresh = world.clock.monotonicMs() - seenAtMs < freshMs
    return world.trace({ type: 'settle', grantId: id, system }, () =>
      settle(world, id, isFresh ? wrote : null),
    )
  })
}

/** Only openings and ends are prepared ahead of their instant. */
const isTimely = (
  { status, dueAt, endsAt }: DueGrant,
  { now, before }: { now: Date; before: Date },
): boolean =>
  dueAt <= now ||
  status === 'waiting' ||
  status === 'revoking' ||
  (status === 'active' && endsAt !== null && endsAt <= before)
