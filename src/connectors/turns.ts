import PQueue from 'p-queue'
import type { ConnectorError } from '../domain/connector.ts'

export interface Turns {
  /**
   * Does the work when its turn comes. Rejects with `tooLate` as soon as the signal aborts before that; once begun, the
   * work has to end by itself.
   */
  take<T>(
    work: () => Promise<T>,
    how: { readonly signal: AbortSignal; readonly tooLate: ConnectorError; readonly priority?: number },
  ): Promise<T>
  /** Resolves once nothing runs or waits. */
  idle(): Promise<void>
  readonly isIdle: boolean
}

/** Lets at most so many work at the same time. */
export function turns(atOnce: number): Turns {
  const queue = new PQueue({ concurrency: atOnce })
  return {
    take(work, { signal, tooLate, priority = 0 }) {
      let hasBegun = false
      const running = queue.add(
        () => {
          if (signal.aborted) throw tooLate
          hasBegun = true
          return work()
        },
        { priority },
      )
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          if (!hasBegun) reject(tooLate)
        }
        if (signal.aborted) abort()
        else signal.addEventListener('abort', abort, { once: true })
        void running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
      })
    },
    idle: () => queue.onIdle(),
    get isIdle() {
      return queue.size === 0 && queue.pending === 0
    },
  }
}
