import { perCatalog, type Catalog } from '../domain/catalog.ts'
import { fitRulesOf } from '../domain/devices/asked-for.ts'
import type { SourcesHeard } from '../domain/devices/standing-still.ts'
import type { SourceHeard } from '../domain/ports/device-sources.ts'
import type { World } from './world.ts'

/** Which sources of devices are silent, and what that means for what is held. */

const leastMs = 10_000
const mostMs = 30 * 60_000

/** So long nothing may be heard of a source: half of what the strictest rule lets its devices be silent. */
export const silentAfterMs = perCatalog((catalog): number | null => {
  const ages = fitRulesOf(catalog).map(({ maxAgeMs, seenWithinMs }) => Math.min(maxAgeMs, seenWithinMs))
  return ages.length === 0 ? null : Math.min(mostMs, Math.max(leastMs, Math.min(...ages) / 2))
})

/** Those that the catalog names and that are silent now. What was never heard of has nothing to lose. */
export function silentSources(catalog: Catalog, known: readonly SourceHeard[], now: Date): SourceHeard[] {
  const mostSilentMs = silentAfterMs(catalog)
  if (mostSilentMs === null) return []
  return known.filter(
    ({ source, heardAt }) =>
      catalog.devices.sources.has(source) && now.getTime() - heardAt.getTime() > mostSilentMs,
  )
}

/** Those for whose devices time stands still while they say nothing (`standing-still.ts`); none, unless the catalog says so. */
export async function standingStill(world: World): Promise<SourcesHeard> {
  return world.catalog().devices.outage === 'hold' ? world.deviceSources.byName() : new Map()
}
