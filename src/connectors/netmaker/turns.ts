import PQueue from 'p-queue'
import { ConnectorError } from '../../domain/connector.ts'

/** What shares a key is done one after another. Whoever waits leaves when its signal aborts, and was not done then. */
export function turns() {
  const queues = new Map<string, PQueue>()
  return async function inTurn<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const isOver = () => signal.aborted
    if (isOver())
      throw new ConnectorError('No time was left to ask Netmaker', { retryable: true, happened: 'no' })
    let queue = queues.get(key)
    if (queue === undefined) {
      queue = new PQueue({ concurrency: 1 })
      queue.on('idle', () => queues.delete(key))
      queues.set(key, queue)
    }
    try {
      return await queue.add(work, { signal })
    } catch (error) {
      if (error instanceof ConnectorError || !isOver()) throw error
      throw new ConnectorError('Netmaker was not asked in time', { retryable: true, happened: 'unknown' })
    }
  }
}

export type Turns = ReturnType<typeof turns>
