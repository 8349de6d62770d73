import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/** What is done just now is part of this. */
export interface UnderWay {
  readonly traceId: string
}

/** Empty unless traces are sent. Whatever is begun inside is part of it, timers and promises too. */
export const underWay = new AsyncLocalStorage<UnderWay>()

/**
 * Work that somebody else will begin, as a queue does once a place is free: it stays part of what asked for it, and not of
 * what freed the place.
 */
export function partOfThis<T>(work: () => T): () => T {
  // Not by `AsyncResource.bind`: on Node 20 it also gives each function a property that is deprecated, which takes longer.
  const asker = new AsyncResource('CurfewWork')
  return () => asker.runInAsyncScope(work)
}
