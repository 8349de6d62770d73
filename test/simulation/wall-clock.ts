import { seeded } from '../support/seeded.ts'

/** Where code of ours read the process's own clock. */
export type Readings = string[]

const hourMs = 3_600_000
const aboutMs = Date.UTC(2026, 0, 1)

/**
 * While `work` lasts, the wall clock is as bad as one can be: each reading is off by up to an hour either way, as of a
 * clock that is stepped all the time. Whoever of our code reads it at all is noted: only the world's clock counts.
 */
export async function withBadWallClock<T>(
  seed: number,
  work: (readings: Readings) => Promise<T>,
): Promise<T> {
  const random = seeded(seed ^ 0x5eed)
  const readings: Readings = []
  const right = globalThis.Date
  const read = (clock: Clock): number => {
    const reader = callerOf(clock)
    if (/\/src\/[^ ]*\.ts/.test(reader) && !reader.includes('node_modules')) readings.push(reader.trim())
    return aboutMs + (random() - 0.5) * 2 * hourMs
  }
  class BadDate extends right {
    constructor(...at: [] | [number]) {
      if (at.length === 0) super(read(BadDate))
      else super(...at)
    }
    static override now(): number {
      return read(BadDate.now)
    }
  }
  globalThis.Date = BadDate as DateConstructor
  try {
    return await work(readings)
  } finally {
    globalThis.Date = right
  }
}

/** What is called to read a clock, `Date` itself or its `now`. */
type Clock = NewableFunction | CallableFunction

/** The line that called it. One frame alone: each is looked up in a source map, which is slow. */
function callerOf(callee: Clock): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 1
  const at: { stack?: string } = {}
  Error.captureStackTrace(at, callee)
  const line = at.stack?.split('\n')[1] ?? ''
  Error.stackTraceLimit = limit
  return line
}
