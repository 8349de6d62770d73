import { everyEntitlement, findEntitlement } from '../../domain/catalog.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { byOwner, machineIdOf, together } from '../../domain/devices/together.ts'
import type { Device } from '../../domain/devices/device.ts'
import { slotOf, type Ended } from '../../domain/grant.ts'
import { resumedGrant } from '../../domain/new-grant.ts'
import type { CutRow } from '../../domain/ports/grants.ts'
import { whyMoved } from './posture-of.ts'
import type { World } from '../world.ts'

/** What is shorter than this is not worth giving again. */
const leastMs = 10_000

/**
 * What was cut (of these people alone, where they are named) goes on by itself where the catalog says so and their devices
 * are fit again: once each, until its agreed end, not sooner after it was cut than its rule's grace, and not where they
 * asked for the same since. Whether they may have it still is asked right before it is given, as always.
 */
export async function resumeFor(world: World, personIds?: readonly string[]): Promise<void> {
  const catalog = world.catalog()
  if (!everyEntitlement(catalog).some(({ device }) => device?.resumes === true)) return
  const now = world.clock.now()
  const cut = await world.grants.cut(now, personIds)
  const worth = cut.filter(({ endsAt }) => endsAt.getTime() - now.getTime() > leastMs)
  if (worth.length === 0) return
  const theirs = byOwner(await world.devices.ofPeople([...new Set(worth.map(({ subject }) => subject.id))]))
  for (const row of worth) {
    if (!isFitAgain(world, row, theirs.get(row.subject.id) ?? [], now)) continue
    const grant = await world.grants.get(row.id)
    if (grant?.status !== 'ended' || grant.cause !== 'unfit') continue
    // Called otherwise there, it would be refused, and it goes on once.
    if (whyMoved(catalog, grant, theirs.get(row.subject.id) ?? []) !== null) continue
    if (await hasAskedSince(world, grant)) continue
    const written = await world.grants.insert(resumedGrant(grant, world.newId(), now))
    if (written.outcome === 'inserted') world.log.info('what was cut goes on', { grantId: grant.id })
  }
}

function isFitAgain(world: World, grant: CutRow, devices: readonly Device[], now: Date): boolean {
  const rule = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)?.device
  if (rule?.resumes !== true) return false
  if (now.getTime() - grant.endedAt.getTime() < rule.graceMs) return false
  const onDevice = machineIdOf(devices, grant.device?.id ?? null)
  return fitness(rule, together(devices), { now, onDevice }).isFit
}

async function hasAskedSince({ grants }: World, cut: Ended): Promise<boolean> {
  const latest = await grants.latestOf(cut.subject.id, 50)
  return latest.some(
    (one) =>
      one.resource.id === cut.resource.id &&
      one.entitlement.id === cut.entitlement.id &&
      slotOf(one) === slotOf(cut) &&
      one.status !== 'withdrawn' &&
      one.status !== 'lapsed' &&
      one.requestedAt > cut.requestedAt,
  )
}
