import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startPart, type Part } from './part.ts'
import { atMost, rounded, spread, type Goal } from './report.ts'
import { cpuMsOf, type Bench } from './run-bench.ts'

/** How long before the instant it is written down what is to happen then. */
export const writingMs = (grants: number): number => 40_000 + 8 * Math.max(0, grants - 1_000)

/** Of a thousand at one instant so many times the calls alone; of more, all of them soon enough. */
export function lateGoals(
  { grants }: Bench,
  times: number,
  own: { readonly p99Ms: number; readonly maxMs: number },
  callsAlone: { readonly p99Ms: number; readonly maxMs: number },
): Goal[] {
  return grants <= 1_000
    ? [atMost(`curfew p99 beside ${times} × the calls alone (ms)`, times * callsAlone.p99Ms, own.p99Ms)]
    : [
        atMost(
          'curfew, the last of all, beside 3 × the calls alone or 5 s (ms)',
          Math.max(5_000, 3 * callsAlone.maxMs),
          own.maxMs,
        ),
      ]
}

/** How long a bench waits for calls that do not come. */
export const patienceMs = 60_000

const callsSchema = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
  held: z.number(),
})

/** The same calls without Curfew, all meant for one instant: by one plain Agenda job each, or all by one timer. */
export async function callPlainly(options: {
  bench: Bench
  how: 'agenda' | 'timer'
  action: 'give' | 'take'
  target: Part
  url: string
  mongodbUri: string
  aheadMs: number
}) {
  const { bench, how, action, target, url, mongodbUri, aheadMs } = options
  const part = startPart('plain-calls.ts')
  bench.atEnd(() => part.stop())
  const principals = Array.from({ length: bench.grants }, (_, i) => `person-${i}`)
  await target.ask({ what: 'hold', principals: action === 'take' ? principals : [] })
  const atMs = Date.now() + aheadMs
  await part.ask({ how, action, mongodbUri, url, atMs, principals })
  if (Date.now() > atMs) throw new Error('this machine is too slow to schedule the jobs')
  const cpuBeforeMs = await cpuMsOf(part.pid)
  const wanted = action === 'take' ? 0 : bench.grants
  for (;;) {
    await sleep(200)
    if (Date.now() < atMs) continue
    const { held } = callsSchema.parse(await target.ask({ what: 'calls' }))
    if (held === wanted || Date.now() > atMs + patienceMs) break
  }
  const calls = await callsTo(target, action, atMs)
  const cpuMsEach = rounded(((await cpuMsOf(part.pid)) - cpuBeforeMs) / bench.grants)
  await part.stop()
  // A timer's process may have ended with its last call.
  return Number.isNaN(cpuMsEach) ? calls : { ...calls, cpuMsEach }
}

/** How late each first call for somebody was; calls for the same again are counted. */
export async function callsTo(target: Part, wanted: 'give' | 'take', atMs: number) {
  const { calls } = callsSchema.parse(await target.ask({ what: 'calls' }))
  const ours = calls.filter(({ action }) => action === wanted)
  const first = new Map<string, number>()
  for (const call of ours) if (!first.has(call.principal)) first.set(call.principal, call.atMs - atMs)
  const lateMs = [...first.values()]
  return {
    n: first.size,
    early: lateMs.filter((ms) => ms < 0).length,
    again: ours.length - first.size,
    ...spread(lateMs),
  }
}
