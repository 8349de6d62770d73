import { loadCatalog } from './catalog/load.ts'
import type { CatalogOptions } from './catalog/parse.ts'
import { CatalogError, writeProblem } from './catalog/problem.ts'
import type { Variables } from './catalog/variables.ts'
import type { Catalog } from './domain/catalog.ts'
import { kindsFor, type Kinds } from './kinds.ts'

export interface ReadCatalog extends Kinds {
  readonly catalog: Catalog
}

/**
 * The catalog as a command reads it, once. Throws `CatalogError` with all that is wrong with it. Whoever asks no system
 * needs none of its variables: `isOnlyRead`.
 */
export async function readCatalog(
  path: string,
  env: Variables,
  { isOnlyRead = false, ...options }: { isOnlyRead?: boolean } & Pick<CatalogOptions, 'unconnected'> = {},
): Promise<ReadCatalog> {
  const kinds = await kindsFor(env, path)
  const asked: Pick<CatalogOptions, 'missingVariables' | 'unconnected'> = isOnlyRead
    ? { missingVariables: 'warning', unconnected: 'warning' }
    : { missingVariables: 'error', ...options }
  const reading = await loadCatalog(path, { env, kinds: kinds.kinds, ...asked })
  if (!reading.ok) throw new CatalogError(reading.problems.map(writeProblem))
  return { catalog: reading.catalog, ...kinds }
}
