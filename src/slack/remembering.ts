import { performance } from 'node:perf_hooks'

/**
 * Answers by key with their age; those who ask for the same at the same time wait for one reading. A reading that failed
 * is remembered for a moment too: who asks meanwhile gets the same error, and nobody is asked again for it.
 */
export class Remembering<T> {
  readonly #known = new Map<string, { value: T; atMs: number }>()
  readonly #reading = new Map<string, Promise<T>>()
  readonly #failed = new Map<string, { error: unknown; untilMs: number }>()
  readonly #most = 100_000
  readonly #onFailure: (error: unknown) => void
  readonly #failedForMs: (error: unknown) => number

  constructor({
    onFailure = () => undefined,
    failedForMs = () => 0,
  }: {
    /** Hears of each reading that failed, once. */
    onFailure?: (error: unknown) => void
    failedForMs?: (error: unknown) => number
  } = {}) {
    this.#onFailure = onFailure
    this.#failedForMs = failedForMs
  }

  /** What was learned in another way, now. */
  learn(key: string, value: T, atMs: number): void {
    if (this.#known.size >= this.#most) this.#known.clear()
    this.#known.set(key, { value, atMs })
    this.#failed.delete(key)
  }

  /** What is known of it counts no longer, nor what is being read. */
  forget(key: string): void {
    this.#known.delete(key)
    this.#reading.delete(key)
  }

  peek(key: string, maxAgeMs: number): T | null {
    const found = this.#known.get(key)
    return found && performance.now() - found.atMs < maxAgeMs ? found.value : null
  }

  async get(key: string, maxAgeMs: number, read: () => Promise<T>): Promise<T> {
    const remembered = this.peek(key, maxAgeMs)
    if (remembered !== null) return remembered
    const underWay = this.#reading.get(key)
    // What must be fresh is not answered by a reading that began before it was asked for.
    if (underWay && maxAgeMs > 0) return underWay
    const failure = this.#failed.get(key)
    if (failure && maxAgeMs > 0 && performance.now() < failure.untilMs) throw failure.error
    return this.#read(key, read)
  }

  #read(key: string, read: () => Promise<T>): Promise<T> {
    const askedAtMs = performance.now()
    const reading = read()
      .then((value) => {
        // What was forgotten meanwhile, or is read anew, is not remembered.
        if (this.#reading.get(key) === reading) this.learn(key, value, askedAtMs)
        return value
      })
      .catch((error: unknown) => {
        this.#onFailure(error)
        const forMs = this.#failedForMs(error)
        if (forMs > 0 && this.#reading.get(key) === reading)
          this.#failed.set(key, { error, untilMs: performance.now() + forMs })
        throw error
      })
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key)
      })
    this.#reading.set(key, reading)
    return reading
  }
}
