import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Calls of a method that Slack allows twenty times a minute: some at once, then one each few seconds. */
export class Pace {
  readonly #burst: number
  readonly #everyMs: number
  #left: number
  #atMs = performance.now()

  constructor({ burst = 8, everyMs = 5_000 }: { burst?: number; everyMs?: number } = {}) {
    this.#burst = burst
    this.#everyMs = everyMs
    this.#left = burst
  }

  /** How many calls may be made now. */
  get free(): number {
    const nowMs = performance.now()
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#atMs) / this.#everyMs)
    this.#atMs = nowMs
    return Math.max(0, Math.floor(this.#left))
  }

  /** Waits until a call may be made, without counting one. */
  async ready(): Promise<void> {
    while (this.free === 0) {
      const waitMs = (1 - this.#left) * this.#everyMs
      await sleep(Math.max(50, Math.ceil(waitMs)), undefined, { ref: false })
    }
  }

  /** Counts a call, and waits for its turn. */
  async turn(): Promise<void> {
    const isFree = this.free > 0
    this.#left -= 1
    if (!isFree) await sleep(Math.ceil(-this.#left * this.#everyMs), undefined, { ref: false })
  }
}
