import { AsyncLocalStorage } from 'node:async_hooks'

const watched = new AsyncLocalStorage<{ hasBegun: boolean }>()

/** It failed before it wrote anything: nothing was changed. Any other failure may have come after a write. */
export class NothingWritten extends Error {
  override readonly name = 'NothingWritten'
}

/**
 * Every store says so right before it writes what somebody may have asked for: grants, holds, approvals ahead, uses.
 * Not what is shown, nor who somebody is.
 */
export function aboutToWrite(): void {
  const work = watched.getStore()
  if (work) work.hasBegun = true
}

/**
 * Does it; throws `NothingWritten` if it failed before any of it was about to write, and its own error otherwise.
 * Work that does several things at once waits for all of them before it fails (`allDone`).
 */
export async function tellingWrites<T>(work: () => Promise<T>): Promise<T> {
  const noted = { hasBegun: false }
  try {
    return await watched.run(noted, work)
  } catch (error) {
    throw noted.hasBegun ? error : new NothingWritten('nothing was written', { cause: error })
  }
}

/** As `Promise.all`, but a failure is heard only once all have ended: then what was written is known. */
export async function allDone<T extends readonly Promise<unknown>[]>(
  works: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(works)
  return Promise.all(works)
}
