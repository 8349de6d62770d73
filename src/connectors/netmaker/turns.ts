import { ConnectorError } from '../../domain/connector.ts'
import { turns as turnsOf, type Turns as Queue } from '../turns.ts'

/**
 * What shares a key is done one after another. Whoever waits leaves when its signal aborts, and was not done then. What
 * has begun counts until it ends, though whoever asked for it may have given up: Netmaker may still be doing it.
 */
export function turns() {
  const queues = new Map<string, Queue>()
  return async function inTurn<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (signal.aborted)
      throw new ConnectorError('No time was left to ask Netmaker', { retryable: true, happened: 'no' })
    const queue = queues.get(key) ?? turnsOf(1)
    queues.set(key, queue)
    const tooLate = new ConnectorError('Netmaker was not asked in time', {
      retryable: true,
      happened: 'unknown',
    })
    try {
      return await queue.take(work, { signal, tooLate })
    } finally {
      void queue.idle().then(() => {
        if (queue.isIdle && queues.get(key) === queue) queues.delete(key)
      })
    }
  }
}

export type Turns = ReturnType<typeof turns>
