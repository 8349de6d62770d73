import type { Connection } from 'mongoose'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../domain/ports/clock.ts'
import { elapsedMs } from '../elapsed.ts'
import { endedWithin } from './within.ts'

const oldestMs = 10_000
/** How far two clocks may drift apart in a second. */
const driftMsPerSecond = 1

export interface DatabaseClock extends Clock {
  /** How far behind the database's `now` may be at most; `Infinity` before the first sample. */
  errorMs(): number
}

/**
 * The database's clock. A sample is what the primary answered to `hello`; it was true at some moment before the reply
 * came, so that counting on from the reply is never ahead. Of two samples the one with the smaller error serves.
 * After the machine was suspended, or its wall clock was set forward, the sample is too old to be sure by.
 */
export function mongoClock(connection: Connection): DatabaseClock {
  let sample: { serverMs: number; repliedAtMs: number; monotonicMs: number; roundTripMs: number } | null =
    null
  const ageMs = () => (sample === null ? Infinity : elapsedMs() - sample.repliedAtMs)
  const errorMs = () =>
    sample === null ? Infinity : sample.roundTripMs + (ageMs() / 1_000) * driftMsPerSecond
  return {
    // By the monotonic clock alone: a wall clock that was set forward must not bring an end about early.
    now: () =>
      sample === null ? new Date() : new Date(sample.serverMs + performance.now() - sample.monotonicMs),
    isSure: () => ageMs() < oldestMs,
    errorMs,
    sample: async () => {
      const askedAtMs = elapsedMs()
      const { localTime } = await hello(connection)
      const [repliedAtMs, monotonicMs] = [elapsedMs(), performance.now()]
      const roundTripMs = repliedAtMs - askedAtMs
      if (roundTripMs <= errorMs() || ageMs() > oldestMs / 2) {
        sample = { serverMs: localTime.getTime(), repliedAtMs, monotonicMs, roundTripMs }
      }
    },
    monotonicMs: elapsedMs,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    within: async (ms, work) => {
      const controller = new AbortController()
      let timer: NodeJS.Timeout | undefined
      const timeout = new Promise<{ done: false }>((resolve) => {
        timer = setTimeout(() => {
          controller.abort()
          resolve({ done: false })
        }, ms)
      })
      const working = work(controller.signal)
      working.catch(() => undefined)
      try {
        return await Promise.race([working.then((value) => ({ done: true as const, value })), timeout])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function hello(connection: Connection): Promise<{ localTime: Date }> {
  const answer = await connection.db?.command({ hello: 1 }, endedWithin(2_000))
  const localTime: unknown = answer?.localTime
  if (!(localTime instanceof Date)) throw new Error('the database did not tell the time')
  return { localTime }
}
