import { boundedMap } from '../../bounded-map.ts'
import { elapsedMs } from '../../elapsed.ts'

/** What could not be found out is not asked again at once: everybody who waits for it would ask. */
const failedForMs = 2_000
const most = 100_000

/** Answers by key with their age; those who ask for the same at the same time wait for one reading. */
export class Remembering<T> {
  readonly #known = boundedMap<{ value: T; atMs: number }>(most)
  readonly #outdatedAtMs = boundedMap<number>(most)
  /** For as long as each is believed. */
  readonly #failed = boundedMap<{ error: unknown }>(most, {
    ttlResolution: 0,
    perf: { now: elapsedMs },
  })
  readonly #reading = new Map<string, Promise<T>>()
  #clearedAtMs = -Infinity

  /** What was found out in another way, by asking then; answers what was found out last, which may be newer. */
  learn(key: string, value: T, atMs: number): T {
    const known = this.#known.get(key)
    if (known && known.atMs > atMs) return known.value
    if (this.isOutdated(key, atMs)) return value
    this.#outdatedAtMs.delete(key)
    this.#known.set(key, { value, atMs })
    this.#failed.delete(key)
    return value
  }

  /** It changed just now: what was asked for before does not count, known already or still to come. */
  outdate(key: string): void {
    this.#outdatedAtMs.set(key, elapsedMs())
    this.#known.delete(key)
    this.#failed.delete(key)
    this.#reading.delete(key)
  }

  /** It changed, and was not read since. */
  isToBeRead(key: string): boolean {
    return this.isOutdated(key, -Infinity)
  }

  /** Of what was asked for then: nothing else was found out since, and it did not change. */
  isLast(key: string, value: T, atMs: number): boolean {
    const known = this.#known.get(key)
    return !this.isOutdated(key, atMs) && (!known || known.value === value || known.atMs <= atMs)
  }

  isOutdated(key: string, atMs: number): boolean {
    return Math.max(this.#outdatedAtMs.get(key) ?? -Infinity, this.#clearedAtMs) > atMs
  }

  /** All of it may have changed: what was asked for before does not count, by whatever way it comes. */
  clear(): void {
    this.#clearedAtMs = elapsedMs()
    this.#known.clear()
    this.#failed.clear()
    this.#reading.clear()
  }

  peek(key: string, maxAgeMs: number): T | null {
    const found = this.#known.get(key)
    return found && elapsedMs() - found.atMs < maxAgeMs ? found.value : null
  }

  /** Throws as `read` does; what failed a moment ago fails again, unless it must be fresh. */
  async get(
    key: string,
    maxAgeMs: number,
    read: () => Promise<T>,
    failedMs: (error: unknown) => number = () => failedForMs,
  ): Promise<T> {
    const remembered = this.peek(key, maxAgeMs)
    if (remembered !== null) return remembered
    const underWay = this.#reading.get(key)
    // What must be fresh is not answered by a reading that began before it was asked for.
    if (underWay && maxAgeMs > 0) return underWay
    const failed = this.#failed.get(key)
    if (failed && maxAgeMs > 0) throw failed.error
    const askedAtMs = elapsedMs()
    const reading = read()
      .then(
        (value) => {
          // Also where it is read anew, which may fail; what changed meanwhile is not remembered.
          this.learn(key, value, askedAtMs)
          return value
        },
        (error: unknown) => {
          if (this.#reading.get(key) === reading) this.#failed.set(key, { error }, { ttl: failedMs(error) })
          throw error
        },
      )
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key)
      })
    this.#reading.set(key, reading)
    return reading
  }
}
