import type { Catalog } from '../domain/catalog.ts'
import type { Grant } from '../domain/grant.ts'
import { askedOf, type AskedOf } from '../operations/asked-of.ts'
import { openWindows } from '../operations/windows-of-series.ts'
import { withOneCatalog, type World } from '../operations/world.ts'

/** What the pictures of a grant need to know of others: asked when the first needs it, and once for all that a look draws. */
export interface AskedOnce {
  /** By which all of it is drawn. */
  readonly catalog: Catalog
  asked(): Promise<AskedOf | null>
  windows(): Promise<readonly Grant[]>
}

export function askedOnce(world: World, grant: Grant): AskedOnce {
  const one = withOneCatalog(world)
  return {
    catalog: one.catalog(),
    asked: once(() => askedOf(one, grant)),
    windows: once(() => openWindows(one, grant)),
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  return () => (answer ??= ask())
}
