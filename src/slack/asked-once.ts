import type { Grant } from '../domain/grant.ts'
import { askedOf, type AskedOf } from '../operations/asked-of.ts'
import { openWindows } from '../operations/windows-of-series.ts'
import type { World } from '../operations/world.ts'

/** What the pictures of a grant need to know of others: asked when the first needs it, and once for all that a look draws. */
export interface AskedOnce {
  asked(): Promise<AskedOf | null>
  windows(): Promise<readonly Grant[]>
}

export function askedOnce(world: World, grant: Grant): AskedOnce {
  return { asked: once(() => askedOf(world, grant)), windows: once(() => openWindows(world, grant)) }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  return () => (answer ??= ask())
}
