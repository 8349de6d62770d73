import { WebAPIRateLimitedError } from '@slack/web-api'
import { setTimeout as sleep } from 'node:timers/promises'
import { elapsedMs } from '../../elapsed.ts'

/** Longer than Slack ever asked to wait, and short enough that somebody notices. */
const mostWaitMs = 90_000

/**
 * Calls of one method, no faster than Slack allows: a few at once, then one at a time. Where Slack still says to wait,
 * that very call waits and is made again, and those behind it wait too.
 * Source: tier 2 is "20+ per minute", with "occasional bursts" (Slack, "Rate limits").
 */
export class Paced {
  readonly #burst: number
  readonly #everyMs: number
  #tokens: number
  #filledAtMs = elapsedMs()
  #line: Promise<unknown> = Promise.resolve()
  /** So many wait for their turn, or for the pause that Slack asked for. */
  #waiting = 0

  constructor({ burst, everyMs }: { burst: number; everyMs: number }) {
    this.#burst = burst
    this.#everyMs = everyMs
    this.#tokens = burst
  }

  /** Would a call be made at once? */
  isFree(): boolean {
    this.#fill()
    return this.#waiting === 0 && this.#tokens >= 1
  }

  async call<T>(ask: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(() => this.#wait())
    this.#line = turn.catch(() => undefined)
    this.#waiting += 1
    await turn.finally(() => (this.#waiting -= 1))
    const untilMs = elapsedMs() + mostWaitMs
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof WebAPIRateLimitedError)) throw error
        const waitMs = Math.max(1, error.retryAfter) * 1_000
        this.#tokens = 0
        const pause = sleep(waitMs, undefined, { ref: false })
        this.#line = Promise.all([this.#line, pause])
        this.#waiting += 1
        void pause.finally(() => (this.#waiting -= 1))
        // Nobody waits so long for this call; those behind it wait all the same.
        if (elapsedMs() + waitMs > untilMs) throw error
        await pause
      }
    }
  }

  #fill(): void {
    const nowMs = elapsedMs()
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledAtMs) / this.#everyMs)
    this.#filledAtMs = nowMs
  }

  async #wait(): Promise<void> {
    this.#fill()
    this.#tokens -= 1
    if (this.#tokens < 0) await sleep(-this.#tokens * this.#everyMs)
  }
}
