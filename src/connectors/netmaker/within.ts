import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../domain/connector.ts'

const tooLate = (): ConnectorError =>
  new ConnectorError('Netmaker gave no answer in time', { retryable: true, happened: 'unknown' })

/** What others may wait for too, or what goes on, for as long as this caller has. Work that was late already says so itself. */
export function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(tooLate())
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw tooLate()
  })
}
