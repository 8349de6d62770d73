import { boundedMap } from '../bounded-map.ts'
import type { Shown, Surface, SurfaceKey } from '../domain/ports/surfaces.ts'

const mostRequests = 5_000

/** What this process read or wrote last of what stands in Slack: bounded, and as old as that. */
export class KnownShown {
  readonly #requests = boundedMap<Shown>(mostRequests)
  readonly #saving = new Set<Surface>()

  of(requestId: string): Shown | null {
    return this.#requests.get(requestId) ?? null
  }

  /** While it is being saved it stands in Slack already: who clicks it may be quicker than the database. */
  async whileSaving(
    { key, requestId }: SurfaceKey,
    now: Partial<Surface>,
    save: () => Promise<Shown>,
  ): Promise<Shown> {
    const row = this.of(requestId)?.surfaces.find((one) => one.key === key)
    const saving = row && { ...row, ...now }
    if (saving) this.#saving.add(saving)
    try {
      return await save()
    } catch (error) {
      // It may have been made or not.
      this.forget(requestId)
      throw error
    } finally {
      if (saving) this.#saving.delete(saving)
    }
  }

  /** What is just being saved as standing there. */
  saving(channel: string, ts: string): Surface | null {
    return [...this.#saving].find((row) => row.channel === channel && row.ts === ts) ?? null
  }

  forget(requestId: string): void {
    this.#requests.delete(requestId)
  }

  /** Answers may overtake each other: the newest stays. */
  learn(requestId: string, shown: Shown): Shown {
    const known = this.of(requestId)
    if (known !== null && known.version > shown.version) return shown
    this.#requests.set(requestId, shown)
    return shown
  }
}
