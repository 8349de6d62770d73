import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Variables } from './catalog/variables.ts'
import { ConfigError } from './config.ts'
import { connectorKinds } from './connectors/registry.ts'
import { loadStrangers, placesOf, type Places } from './connectors/strangers.ts'
import type { ConnectorKind } from './domain/connector.ts'

/** The connectors that a catalog may name. */
export interface Kinds {
  readonly kinds: ReadonlyMap<string, ConnectorKind>
  /** Those that are not ours, for a thread that has to load them too. */
  readonly strangers: Places
}

/**
 * Ours, and those that `CATALOG_CONNECTORS` lists, as the catalog writes them: `./access/radius.ts` or a package. A
 * catalog alone makes nothing run: what it may name is said by whoever starts Curfew. Throws `ConfigError` when one of
 * them cannot be loaded.
 */
export async function kindsFor(environment: Variables, catalogPath: string): Promise<Kinds> {
  const names = (environment['CATALOG_CONNECTORS'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) return { kinds: connectorKinds, strangers: new Map() }
  try {
    const isFolder = await stat(catalogPath).then(
      (found) => found.isDirectory(),
      () => false,
    )
    const strangers = placesOf(names, isFolder ? catalogPath : dirname(catalogPath))
    return { kinds: new Map([...(await loadStrangers(strangers)), ...connectorKinds]), strangers }
  } catch (error) {
    throw new ConfigError(`CATALOG_CONNECTORS: ${error instanceof Error ? error.message : String(error)}`)
  }
}
