import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../domain/connector.ts'
import { system } from './failure.ts'

const tooLate = (doing: string, happened: 'no' | 'unknown'): ConnectorError =>
  new ConnectorError(`${system} could not ${doing}: no answer in time`, { retryable: true, happened })

/** Rejects, with an unknown outcome, as soon as the signal aborts. */
export async function pause(ms: number, { doing, signal }: { doing: string; signal: AbortSignal }) {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw tooLate(doing, 'unknown')
  })
}

/** What others may wait for too, for as long as this caller has. Nothing of the caller's was sent before it is there. */
export function within<T>(work: Promise<T>, { doing, signal }: { doing: string; signal: AbortSignal }) {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(tooLate(doing, 'no'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** How long to wait before asking again: 0.2 s at first, and at most 3 s; not all who wait ask at the same moment. */
export const pauseMs = (asked: number): number =>
  Math.min(200 * 1.6 ** asked, 3_000) * (0.8 + Math.random() * 0.4)
