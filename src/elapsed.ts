import { performance } from 'node:perf_hooks'

/** More than two readings of a clock, one after the other, ever differ by. */
const jumpMs = 250

/**
 * Counts the time that passed, also while the machine was suspended: the monotonic clock stands still then, and the wall
 * clock shows it afterwards. A wall clock that is set forward looks the same, and is counted too: what is too old a
 * little early is asked for anew. One that is set back is not. Never goes back.
 * Source: clock_gettime(2), CLOCK_MONOTONIC "does not count time that the system is suspended".
 */
export function elapsedBy(monotonicMs: () => number, wallMs: () => number): () => number {
  let suspendedMs = 0
  let last = { monotonic: monotonicMs(), wall: wallMs() }
  return () => {
    const now = { monotonic: monotonicMs(), wall: wallMs() }
    const jumped = now.wall - last.wall - (now.monotonic - last.monotonic)
    if (jumped > jumpMs) suspendedMs += jumped
    last = now
    return now.monotonic + suspendedMs
  }
}

/** Milliseconds since some moment before; for how old something is, never for what time it is. */
export const elapsedMs = elapsedBy(
  () => performance.now(),
  () => Date.now(),
)
