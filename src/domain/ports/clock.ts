/**
 * The database's clock, carried between samples by the monotonic clock of this process.
 * `now` is never ahead of the database's: what waits for an instant by it is never early.
 */
export interface Clock {
  now(): Date
  /**
   * False when the last sample is too old to open anything by, or from before the machine was suspended; taking goes on
   * by the best guess.
   */
  isSure(): boolean
  /** Asks the database for the time. Failing leaves the old sample to age. */
  sample(): Promise<void>
  /** Milliseconds since some fixed moment; never goes back, and counts what was slept through as far as that shows. */
  monotonicMs(): number
  sleep(ms: number): Promise<void>
  /** Resolves with false if `ms` pass before `work` settles; rejects as `work` does. */
  within<T>(
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ done: true; value: T } | { done: false }>
}
