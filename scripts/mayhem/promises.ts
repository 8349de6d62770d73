/** What must never be, and what is allowed. */

export const promises = [
  'given without approval or confirmation',
  'held too long after its end',
  'held after leaving, unfit or without the group',
  'stuck',
  'stripped though held before or still needed',
  'cards or DMs that say something untrue',
  'entries missing or doubled in the record',
] as const
export type Promised = (typeof promises)[number]

export interface Broken {
  readonly promise: Promised
  readonly what: string
  /** When it went wrong. */
  readonly at: number
  /** On which system, and whose, where that is known: `system who what`. */
  readonly key: string | null
}

/** Beyond what was down, whatever it is. */
export const allowedMs = 5_000
/** The most that waiting for a CPU excuses, of one end. */
export const mostHungryMs = 5_000
/** A look is a tenth of a second, and the clocks of database and observer are read at different moments of it. */
export const sharpMs = 250
/** A replica's time is behind the database's by as much as asking it took; it gives up asking after 2 s (docs/holds.md). */
export const clockBehindMs = 2_000 + sharpMs
