import { Refused, system } from './failure.ts'

/** Where AWS does not say how long it wants to be left alone. */
const usualMs = 1_000
const longestMs = 60_000

/** Leaves a service alone for as long as it asks, by this process's own clock. */
export interface Rest {
  /** Throws until it is over. */
  expectOver(doing: string): void
  /** Where this failure says that it was asked too often. */
  beginAfter(failure: unknown): void
}

export function rest(): Rest {
  let until = 0
  return {
    expectOver(doing) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) return
      throw new Refused(
        `${system} could not ${doing}: it was asked too often, and is asked again in ${Math.ceil(leftMs / 1_000)} s`,
        { kind: 'throttled', retryable: true, retryAfterMs: leftMs },
      )
    },
    beginAfter(failure) {
      if (failure instanceof Refused && failure.kind === 'throttled')
        until = performance.now() + Math.min(failure.retryAfterMs ?? usualMs, longestMs)
    },
  }
}
