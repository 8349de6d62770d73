import { seeded } from './virtual-time.ts'

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
  const read = (): number => {
    // This function, the clock, and whoever reads it.
    const reader = new Error().stack?.split('\n')[3] ?? ''
    if (/\/src\/[^ ]*\.ts/.test(reader) && !reader.includes('node_modules')) readings.push(reader.trim())
    return aboutMs + (random() - 0.5) * 2 * hourMs
  }
  class BadDate extends right {
    constructor(...at: [] | [number]) {
      if (at.length === 0) super(read())
      else super(...at)
    }
    static override now(): number {
      return read()
    }
  }
  globalThis.Date = BadDate as DateConstructor
  try {
    return await work(readings)
  } finally {
    globalThis.Date = right
  }
}
