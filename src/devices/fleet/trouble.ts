/**
 * Why a look was not finished. `rejected`: Fleet does not accept the token, which no retry mends; `throttled`: it asks to
 * come later; `too-large`: an answer is larger than is read; `not-noted`: Fleet answered, and it is ours that was not heard.
 */
export class FleetTrouble extends Error {
  readonly kind: 'rejected' | 'throttled' | 'too-large' | 'failed' | 'not-noted'
  /** Of a throttled one: for how long it wants to be left alone. */
  readonly waitMs: number
  /** The same may go well a moment later. */
  readonly isPassing: boolean

  constructor(
    kind: FleetTrouble['kind'],
    message: string,
    { waitMs = 0, isPassing = false, cause }: { waitMs?: number; isPassing?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = 'FleetTrouble'
    this.kind = kind
    this.waitMs = waitMs
    this.isPassing = isPassing
  }
}

const longestWaitMs = 3_600_000
const usualWaitMs = 60_000

/** What `Retry-After` asks for, in seconds or as a date, an hour at most; a minute where it says nothing that can be read. */
export function retryAfterMs(header: string | null, now: Date): number {
  const written = header?.trim() ?? ''
  const ms = /^\d{1,9}$/.test(written) ? Number(written) * 1_000 : Date.parse(written) - now.getTime()
  return Number.isNaN(ms) ? usualWaitMs : Math.min(Math.max(ms, 0), longestWaitMs)
}
