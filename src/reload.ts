import { hostname } from 'node:os'
import { readTexts } from './catalog/load.ts'
import type { Reloading } from './catalog/watch.ts'
import type { ConnectedSystems } from './connectors/systems.ts'
import type { Act } from './domain/audit/act.ts'
import type { Catalog } from './domain/catalog.ts'
import { closeQuietly, connected } from './domain/connected.ts'
import { unused, type ConnectorKind } from './domain/connector.ts'
import type { BegunAct } from './domain/ports/acts.ts'
import { isSamePlace, unknownPlace } from './domain/place.ts'
import { hide } from './log.ts'
import type { HeldWatch } from './operations/by-itself/held-watch.ts'
import { asAct } from './operations/as-act.ts'
import type { World } from './operations/world.ts'
import { checkSystems } from './reach.ts'

/*
 * A changed catalog, from its files to what is held. `catalog/watch.ts` notices it and has it judged; what is good may
 * still have to wait (`whyNot`). Once it is in force its secrets are hidden from the log, its systems are tried, and what
 * is held is looked at by its rules.
 */

export function reloading({
  path,
  environment,
  kinds,
  world,
  systems,
  held,
  tellAdmins,
}: {
  path: string
  environment: NodeJS.ProcessEnv
  kinds: ReadonlyMap<string, ConnectorKind>
  world: World
  systems: ConnectedSystems
  held: HeldWatch
  tellAdmins: (words: string) => void
}): Reloading {
  const { log } = world
  let loading: BegunAct | null = null
  return {
    accept: async (next) => {
      const no = await whyNot(next, { kinds, world, systems })
      if (no !== null) return no
      // One that was accepted before and did not come into force after all.
      await loading?.dropped()
      loading = await world.acts.begin(catalogAct(next))
      return null
    },
    onReload: (next) => {
      loading
        ?.ended('done')
        .catch((error: unknown) => log.warn('could not say that a catalog came', { error }))
      loading = null
      log.info('catalog reloaded', { resources: next.resources.size })
      held.soon()
      void hideVariables(path, environment).then(() => checkSystems(next, systems, log))
    },
    onBroken: (problems) => {
      log.error('the catalog is broken; the last good one stays', { problems })
      tellAdmins(`The catalog is broken; the last good one stays in force.\n${problems.join('\n')}`)
    },
  }
}

/** The rules by which this replica goes from now on, by the mark of their texts. */
const catalogAct = ({ fingerprint, resources }: Catalog): Act => ({
  type: 'catalog-loaded',
  by: { curfew: true },
  about: { kind: 'catalog', id: fingerprint, name: fingerprint.slice(0, 12) },
  details: { host: hostname(), resources: String(resources.size) },
})

/** At the start the record says by which rules it begins. */
export const noteCatalog = (world: Pick<World, 'acts' | 'log' | 'catalog'>): Promise<void> =>
  asAct(world, catalogAct(world.catalog()), () => Promise.resolve())

/** A reload must not make us forget how to take something back, nor look for it in another place. Opens its systems. */
async function whyNot(
  next: Catalog,
  {
    kinds,
    world,
    systems,
  }: { kinds: ReadonlyMap<string, ConnectorKind>; world: World; systems: ConnectedSystems },
): Promise<string | null> {
  const places = await world.holds.placesInUse()
  const inUse = [...places.keys()].filter((id) => systems.get(id) !== null)
  const dropped = inUse.filter((id) => !next.systems.has(id))
  if (dropped.length > 0)
    return `access is still held on ${dropped.join(', ')}: keep the system until it has ended`
  const moved = inUse.filter((id) => isElsewhere(places.get(id), placeOf(next, id, kinds)))
  if (moved.length > 0)
    return `access is still held on ${moved.join(', ')}: keep its address until it has ended`
  try {
    systems.use(next)
    return null
  } catch (error) {
    return `its systems cannot be opened: ${error instanceof Error ? error.message : String(error)}`
  }
}

/**
 * Was anything given where this address does not lead? What counts is where it was given, not the address of now: that may
 * be a mistake which is put right, or one step of a list that walks away host by host.
 */
const isElsewhere = (given: readonly string[] = [], where: string | null): boolean =>
  given.some((place) => where === null || !isSamePlace(place, where))

/** Where a catalog's system would be: asked of a connector that is never called. What cannot be connected is refused later. */
function placeOf(
  catalog: Catalog,
  systemId: string,
  kinds: ReadonlyMap<string, ConnectorKind>,
): string | null {
  const system = catalog.systems.get(systemId)
  const kind = system && kinds.get(system.connector)
  if (!kind) return null
  try {
    const connector = connected(kind, system.settings, unused(system.timeoutMs))
    closeQuietly(connector)
    return connector.where
  } catch {
    return unknownPlace
  }
}

/** At the start nothing can be refused: what is held where the catalog does not lead any more is an alarm. */
export async function lostSystems(world: World): Promise<string | null> {
  const places = await world.holds.placesInUse()
  const lost = [...places.keys()].filter((id) => world.systems(id) === null)
  const moved = [...places].flatMap(([id, given]) => {
    const system = world.systems(id)
    return system !== null && isElsewhere(given, system.connector.where) ? id : []
  })
  if (lost.length + moved.length === 0) return null
  world.log.error('access is held on systems to which the catalog does not lead', { lost, moved })
  const unnamed = `Access is held on ${lost.join(', ')}, but the catalog does not name that system any more. Curfew cannot take it back until it does.`
  const elsewhere = `Access is held on ${moved.join(', ')}, but the catalog has another address for it now, without a host in common. Curfew cannot take it back until the old one is put back.`
  return [lost.length > 0 ? unnamed : null, moved.length > 0 ? elsewhere : null]
    .filter((words) => words !== null)
    .join(' ')
}

/** What a catalog's `${NAME}` stand for are secrets mostly: none of them is to be read in the log. */
export async function hideVariables(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const texts = await readTexts(path)
  if (!texts.ok) return
  for (const { text } of texts.texts)
    for (const [, name = ''] of text.matchAll(/\$\{(\w+)\}/g)) hide(environment[name] ?? '')
}
