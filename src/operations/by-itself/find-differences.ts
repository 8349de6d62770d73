import { createHash } from 'node:crypto'
import { entitlementsIn, type Catalog } from '../../domain/catalog.ts'
import type { Difference, DifferentPlace, Tally } from '../../domain/ports/differences.ts'
import { placesOf, reconcile, type Place, type Reconciled } from '../reconcile.ts'
import { takeUnowed } from './hold-protocol.ts'
import type { World } from '../world.ts'

/** Of what is missing only a few are named: there is nothing to choose. */
const mostMissingNamed = 20
/** Of the names that are noted of one resource. */
const mostNameBytes = 4_000_000

/**
 * Looks everywhere for what systems and grants disagree about, and notes it for the admins of each resource. What grants
 * that have ended left behind is taken at once. Of a system that cannot be listed nothing is said: what was found there
 * before stays, and the answer is not whole.
 */
export async function findDifferences(world: World): Promise<{ isWhole: boolean; unexplained: number }> {
  const catalog = world.catalog()
  let isWhole = true
  let unexplained = 0
  /** Of a system that was not listed just now nothing else is asked in this look. */
  const silent = new Set<string>()
  const noted = await world.differences.all()
  for (const { resource } of noted)
    if (!catalog.resources.has(resource.id)) await world.differences.forget(resource.id)
  for (const resource of catalog.resources.values()) {
    const found: Reconciled[] = []
    const unasked: Place[] = []
    for (const place of placesOf(catalog, resource.id)) {
      if (silent.has(place.system)) {
        unasked.push(place)
        continue
      }
      try {
        found.push(await takingLeft(world, await reconcile(world, place)))
      } catch (error) {
        unasked.push(place)
        isWhole = false
        silent.add(place.system)
        world.log.warn('cannot compare a system with the grants now', { system: place.system, error })
      }
    }
    unexplained += found.reduce((sum, one) => sum + one.unexplained.count, 0)
    const before = noted.find((one) => one.resource.id === resource.id) ?? null
    try {
      await note(world, catalog, { resource, found, unasked, before })
    } catch (error) {
      isWhole = false
      world.log.error('cannot note what differs', { resource: resource.id, error })
    }
  }
  return { isWhole, unexplained }
}

async function takingLeft(world: World, found: Reconciled): Promise<Reconciled> {
  const { system, canonical, target } = found.place
  for (const principal of found.left.first) {
    const outcome = await takeUnowed(world, { system, canonical, target, principal })
    world.log.error('held after its grant had ended', { system, canonical, principal, outcome })
  }
  return found
}

async function note(
  world: World,
  catalog: Catalog,
  {
    resource: { id, name },
    found,
    unasked,
    before,
  }: {
    resource: { id: string; name: string }
    found: readonly Reconciled[]
    unasked: readonly Place[]
    before: Difference | null
  },
): Promise<void> {
  const entitlements = entitlementsIn(catalog, id)
  const fitting = withinRoom()
  const kept = (before?.places ?? []).filter((place) => unasked.some((other) => isSame(place, other)))
  const places = found
    .filter(({ unexplained, missing }) => unexplained.count + missing.count > 0)
    .flatMap(({ place, unexplained, missing }): DifferentPlace[] => {
      const entitlement = entitlements.find((one) => isSame(one, place))
      if (entitlement === undefined) return []
      const { system, canonical, target } = place
      return [
        {
          system,
          canonical,
          target,
          where: world.systems(system)?.connector.where ?? null,
          entitlement: { id: entitlement.id, name: entitlement.name },
          unexplained: fitting(unexplained),
          missing: { count: missing.count, first: missing.first.slice(0, mostMissingNamed) },
        },
      ]
    })
  const all = [...kept, ...places]
  const [first] = entitlements
  if (all.length === 0 || first === undefined) {
    if (before !== null) await world.differences.forget(id)
    return
  }
  const resource = { id, name }
  const mark = markOf(all)
  if (before?.mark === mark && before.channel === first.channel) return
  await world.differences.note({
    resource,
    channel: first.channel,
    mark,
    foundAt: world.clock.now(),
    places: all,
  })
}

/** Names, as many as one document holds beside each other; the rest is counted. */
function withinRoom(): (tally: Tally) => Tally {
  let room = mostNameBytes
  return ({ count, first }) => {
    const named: string[] = []
    for (const principal of first) {
      room -= Buffer.byteLength(principal) + 16
      if (room < 0) break
      named.push(principal)
    }
    return { count, first: named }
  }
}

const isSame = (
  one: { system: string; canonical: string },
  other: { system: string; canonical: string },
): boolean => one.system === other.system && one.canonical === other.canonical

const markOf = (places: readonly DifferentPlace[]): string =>
  createHash('sha256')
    .update(JSON.stringify(places.map((one) => [one.system, one.canonical, one.unexplained, one.missing])))
    .digest('base64url')
    .slice(0, 16)
