/**
 * Ends a question by then, and gives its connection back; a cursor's with all its rows. The driver's own `timeoutMS` does
 * nothing since 7.8.
 */
export const endedWithin = (ms: number): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(ms) })

/** The same of what reads many documents, which the server gives up too. */
export const readWithin = (ms: number): { signal: AbortSignal; maxTimeMS: number } => ({
  ...endedWithin(ms),
  maxTimeMS: ms,
})
