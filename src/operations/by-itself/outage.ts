import { everyEntitlement, type Catalog } from '../../domain/catalog.ts'
import { byOwner } from '../../domain/devices/together.ts'
import type { ForeseenLoss, SourceHeard } from '../../domain/ports/device-sources.ts'
import type { HeldRow } from '../../domain/ports/grants.ts'
import type { World } from '../world.ts'

/*
 * A source of devices that is silent: what is known of its devices ages, and whatever is held on them ends when it is too
 * old. Who loses what, and when, is said beforehand; where the catalog lets it wait (`outage: hold`), an admin says first.
 */

const leastMs = 10_000
const mostMs = 30 * 60_000
const peopleAtOnce = 500

/** So long nothing may be heard of a source: half of what the strictest rule lets its devices be silent. */
export function silentAfterMs(catalog: Catalog): number | null {
  const ages = everyEntitlement(catalog).flatMap(({ device }) => device?.maxAgeMs ?? [])
  return ages.length === 0 ? null : Math.min(mostMs, Math.max(leastMs, Math.min(...ages) / 2))
}

/** Those that the catalog names and that are silent now. What was never heard of has nothing to lose. */
export function silentSources(catalog: Catalog, known: readonly SourceHeard[], now: Date): SourceHeard[] {
  const mostSilentMs = silentAfterMs(catalog)
  if (mostSilentMs === null) return []
  return known.filter(
    ({ source, heardAt }) =>
      catalog.devices.sources.has(source) && now.getTime() - heardAt.getTime() > mostSilentMs,
  )
}

/** Whether what ends by the silence of this source waits for an admin. */
export async function isHeldBack(world: World, source: string): Promise<boolean> {
  const catalog = world.catalog()
  if (catalog.devices.outage !== 'hold') return false
  const silent = silentSources(catalog, await world.deviceSources.all(), world.clock.now())
  return silent.some((one) => one.source === source && !one.isTakenAnyway)
}

/** Notes of each source that is silent who loses what unless it is heard of again. */
export async function foreseeOutages(world: World): Promise<void> {
  const catalog = world.catalog()
  const known = await world.deviceSources.all()
  const silent = new Set(silentSources(catalog, known, world.clock.now()).map(({ source }) => source))
  for (const { source, losses } of known)
    if (losses.length > 0 && !silent.has(source)) await world.deviceSources.foresee(source, [])
  if (silent.size === 0) return
  const onDevices = (await world.grants.held()).filter(
    ({ status, posture }) => status === 'active' && posture?.until != null,
  )
  const found = new Map([...silent].map((source) => [source, new Map<string, Losing>()]))
  for (let at = 0; at < onDevices.length; at += peopleAtOnce) {
    const some = onDevices.slice(at, at + peopleAtOnce)
    const theirs = byOwner(await world.devices.ofPeople([...new Set(some.map(({ subject }) => subject.id))]))
    for (const row of some)
      for (const source of new Set((theirs.get(row.subject.id) ?? []).map((device) => device.source)))
        note(found.get(source), row)
  }
  for (const [source, losing] of found)
    await world.deviceSources.foresee(
      source,
      [...losing.values()].map(({ row, people, at }): ForeseenLoss => {
        const { entitlement, resource } = row
        return {
          entitlement: { name: entitlement.name },
          resource: { name: resource.name },
          people: people.size,
          at,
        }
      }),
    )
}

interface Losing {
  readonly row: HeldRow
  readonly people: Set<string>
  at: Date
}

function note(losing: Map<string, Losing> | undefined, row: HeldRow): void {
  const at = row.posture?.until
  if (losing === undefined || at == null || at >= row.endsAt) return
  const key = `${row.resource.id}/${row.entitlement.id}`
  const known = losing.get(key) ?? { row, people: new Set(), at }
  known.people.add(row.subject.id)
  if (at < known.at) known.at = at
  losing.set(key, known)
}
