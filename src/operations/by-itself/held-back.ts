import { everyEntitlement, type Catalog } from '../../domain/catalog.ts'
import type { SourceHeard } from '../../domain/ports/device-sources.ts'
import type { World } from '../world.ts'

/** Which sources of devices are silent, and for which of them an admin says first what becomes of what is held. */

const leastMs = 10_000
const mostMs = 30 * 60_000

/** So long nothing may be heard of a source: half of what the strictest rule lets its devices be silent. */
export function silentAfterMs(catalog: Catalog): number | null {
  const ages = everyEntitlement(catalog).flatMap(({ device }) =>
    device === null ? [] : Math.min(device.maxAgeMs, device.seenWithinMs),
  )
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

/** Those whose silence takes nothing before an admin says so. */
export async function heldBackSources(world: World): Promise<ReadonlySet<string>> {
  const catalog = world.catalog()
  if (catalog.devices.outage !== 'hold') return new Set()
  const silent = silentSources(catalog, await world.deviceSources.all(), world.clock.now())
  return new Set(silent.filter(({ isTakenAnyway }) => !isTakenAnyway).map(({ source }) => source))
}
