import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Part } from './part.ts'

const told = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
})

/** When the first take of each of so many came; those that came within the patience. */
export async function takesOf(
  target: Part,
  count: number,
  untilMs: number,
): Promise<{ first: ReadonlyMap<string, number>; again: number }> {
  for (;;) {
    const { calls } = told.parse(await target.ask({ what: 'calls' }))
    const takes = calls.filter(({ action }) => action === 'take')
    const first = new Map<string, number>()
    for (const { principal, atMs } of takes) if (!first.has(principal)) first.set(principal, atMs)
    if (first.size >= count || Date.now() > untilMs) return { first, again: takes.length - first.size }
    await sleep(100)
  }
}
