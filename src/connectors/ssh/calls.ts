import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError } from '../../domain/connector.ts'
import { turns } from '../turns.ts'
import { codeOf } from './folder.ts'

/** Each is a process for some milliseconds. */
const atOnce = 8
/** How long what cannot be broken off, such as a volume that hangs, is waited for when all is closed. */
const closeMs = 2_000

export interface Calls {
  /**
   * One call: begun in its turn, and given up when its time is up, whatever the disk does. `doing` follows "Could not".
   */
  readonly inTurn: <T>(
    doing: string,
    given: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    priority?: number,
  ) => Promise<T>
  /** Ends all of them. */
  readonly close: () => Promise<void>
}

export function callsOn(folder: string): Calls {
  const turn = turns(atOnce)
  const closing = new AbortController()

  async function inTurn<T>(
    doing: string,
    given: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    priority = 0,
  ): Promise<T> {
    const signal = AbortSignal.any([given, closing.signal])
    const failed = (why: string, how: { retryable: boolean; happened?: 'no' | 'unknown'; cause?: unknown }) =>
      new ConnectorError(`Could not ${doing}: ${why}`, how)
    const begun = async () => {
      try {
        return await work(signal)
      } catch (error) {
        if (error instanceof ConnectorError) throw failed(error.message, error)
        if (signal.aborted) throw failed('its time was up', { retryable: true })
        throw failed(`${folder} cannot be used (${codeOf(error)})`, {
          retryable: true,
          cause: error,
        })
      }
    }
    let hasBegun = false
    const running = turn.take(
      () => {
        hasBegun = true
        return begun()
      },
      {
        signal,
        tooLate: failed('its turn did not come in time', { retryable: true, happened: 'no' }),
        priority,
      },
    )
    const over = new AbortController()
    const timeUp = new Promise<never>((_resolve, reject) => {
      const giveUp = () => {
        if (hasBegun) reject(failed('its time was up', { retryable: true }))
      }
      signal.addEventListener('abort', giveUp, { once: true, signal: over.signal })
    })
    return Promise.race([running, timeUp]).finally(() => over.abort())
  }

  return {
    inTurn,
    async close() {
      closing.abort()
      const timer = new AbortController()
      await Promise.race([
        turn.idle(),
        sleep(closeMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ])
      timer.abort()
    },
  }
}
