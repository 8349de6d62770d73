import { boundedMap } from '../bounded-map.ts'
import type { Shown, Surface, SurfaceKey } from '../domain/ports/surfaces.ts'

const mostRequests = 5_000
const mostMessages = 20_000

/** What this process read or wrote last of what stands in Slack: bounded, and as old as that. */
export class KnownShown {
  readonly #requests = boundedMap<Shown>(mostRequests)
  readonly #requestOf = boundedMap<string>(mostMessages)

  of(requestId: string): Shown | null {
    return this.#requests.get(requestId) ?? null
  }

  byMessage(channel: string, ts: string): Surface | null {
    const requestId = this.#requestOf.get(placeOf(channel, ts))
    const rows = requestId === undefined ? [] : (this.of(requestId)?.surfaces ?? [])
    return rows.find((row) => row.channel === channel && row.ts === ts) ?? null
  }

  /** What is about to be saved stands in Slack already: who clicks it is quicker than the database. */
  note({ key, requestId }: SurfaceKey, now: Partial<Surface>): void {
    const shown = this.of(requestId)
    if (shown === null) return
    const surfaces = shown.surfaces.map((row) => (row.key === key ? { ...row, ...now } : row))
    this.learn(requestId, { ...shown, surfaces })
  }

  /** Answers may overtake each other: the newest stays. */
  learn(requestId: string, shown: Shown): Shown {
    const known = this.of(requestId)
    if (known !== null && known.version > shown.version) return shown
    this.#requests.set(requestId, shown)
    for (const { channel, ts } of shown.surfaces) {
      if (channel !== null && ts !== null) this.#requestOf.set(placeOf(channel, ts), requestId)
    }
    return shown
  }
}

const placeOf = (channel: string, ts: string): string => `${channel} ${ts}`
