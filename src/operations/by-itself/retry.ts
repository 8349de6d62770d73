import type { World } from '../world.ts'

const firstMs = 1_000
export const mostRetryMs = 60_000

/** When to try again after this many tries: doubling from 1 s to 1 min, with full jitter over the upper half. */
export function retryAt(world: World, tries: number): Date {
  const stepMs = Math.min(mostRetryMs, firstMs * 2 ** Math.min(tries, 10))
  return new Date(world.clock.now().getTime() + stepMs * (0.5 + world.random() / 2))
}
