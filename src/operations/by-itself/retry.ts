import type { World } from '../world.ts'

const firstMs = 1_000
export const mostRetryMs = 60_000

const lateRetryMs = 4_000

/**
 * When to try again after this many tries: doubling from 1 s to 1 min, with full jitter over the upper half; for what is
 * late (`lateMs`) by no more than an eighth of that, and at least 4 s.
 */
export function retryAt(world: World, tries: number, { lateMs = Infinity }: { lateMs?: number } = {}): Date {
  const mostMs = Math.min(mostRetryMs, Math.max(lateRetryMs, lateMs / 8))
  const stepMs = Math.min(mostMs, firstMs * 2 ** Math.min(tries, 10))
  return new Date(world.clock.now().getTime() + stepMs * (0.5 + world.random() / 2))
}
