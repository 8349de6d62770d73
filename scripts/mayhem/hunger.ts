import { readFile } from 'node:fs/promises'
import type { Span } from './diary.ts'
import type { Replica } from './replicas.ts'

/*
 * A machine that is too small makes everything late, for no reason of Curfew's. How much of that is told by the kernel,
 * which counts how long a thread was ready to run and had no CPU; by Linux alone.
 */

/** What is said of it. */
export const noCpu = 'no CPU'

const eachMs = 250

export interface Hunger {
  /**
   * As long as in each quarter of a second every replica was waiting for a CPU, at its beginning: what the least hungry of
   * those that live waited, so that more is never excused than the kernel counted.
   */
  readonly all: readonly Span[]
  /** Which share of their time those that live waited, 0 to 1. */
  share(): number
  stop(): void
}

interface Waited {
  readonly pid: number
  readonly ns: number
}

export function watchHunger(replicas: readonly Replica[]): Hunger {
  const all: Span[] = []
  const sum = { waitedMs: 0, lookedMs: 0 }
  let last: { at: number; of: readonly (Waited | null)[] } = { at: Date.now(), of: [] }
  const look = async (): Promise<void> => {
    const of = await Promise.all(replicas.map(waitedBy))
    const at = Date.now()
    const { at: from, of: before } = last
    last = { at, of }
    const waitedMs = of.flatMap((now, n) => {
      const then = before[n]
      return now === null || then == null || then.pid !== now.pid ? [] : (now.ns - then.ns) / 1e6
    })
    sum.lookedMs += waitedMs.length * (at - from)
    sum.waitedMs += waitedMs.reduce((one, other) => one + other, 0)
    const isKnown = waitedMs.length > 0 && waitedMs.length === of.filter((one) => one !== null).length
    const least = Math.min(...waitedMs, at - from)
    if (isKnown && least >= 1) all.push({ from, to: from + least })
  }
  let looking: Promise<void> | null = null
  const timer = setInterval(() => {
    looking ??= look().finally(() => (looking = null))
  }, eachMs)
  return {
    all,
    share: () => sum.waitedMs / Math.max(1, sum.lookedMs),
    stop: () => clearInterval(timer),
  }
}

/** Its main thread, since it began; null: it is dead or frozen, or this is no Linux. */
async function waitedBy(replica: Replica): Promise<Waited | null> {
  const pid = replica.pid()
  const text = pid === null ? '' : await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')
  const [, ns] = text.split(' ')
  return pid === null || ns === undefined ? null : { pid, ns: Number(ns) }
}
