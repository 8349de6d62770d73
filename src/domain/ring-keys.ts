import { randomBytes } from 'node:crypto'
import { z } from 'zod'

/** One key of the ring: 32 bytes that stand in the environment, never in the database. */
export interface RingKey {
  readonly id: string
  readonly base64: string
}

/** The first is current. */
export type RingKeys = readonly [RingKey, ...RingKey[]]

const id = /^[a-z0-9][a-z0-9-]{0,30}$/
const keyBytes = 32

/** `id:base64,id2:base64`, the first of which is current. What is wrong is said without repeating any of it. */
export const ringKeys = z.string().transform((text, context): RingKeys => {
  const [first = '', ...others] = text.split(',')
  const keys = [written(first), ...others.map(written)] as const
  for (const [index, key] of keys.entries()) {
    const wrong = whatIsWrong(key, keys.slice(0, index))
    if (wrong === null) continue
    context.addIssue({ code: 'custom', message: `its key ${index + 1} ${wrong}` })
    return z.NEVER
  }
  return keys
})

function written(entry: string): RingKey {
  const colon = entry.indexOf(':')
  return { id: entry.slice(0, Math.max(colon, 0)), base64: entry.slice(colon + 1) }
}

function whatIsWrong(key: RingKey, before: readonly RingKey[]): string | null {
  if (!id.test(key.id)) return 'is not written id:base64 (curfew keys new prints one)'
  const bytes = Buffer.from(key.base64, 'base64')
  // Node skips what is no base64: only what comes out as it went in was read in full.
  if (bytes.toString('base64') !== key.base64) return 'is not base64'
  if (bytes.length !== keyBytes) return `has ${bytes.length} bytes, not ${keyBytes}`
  if (new Set(bytes).size < keyBytes / 4) return 'is not random (curfew keys new prints one that is)'
  if (before.some((other) => other.id === key.id)) return 'has the id of another'
  if (before.some((other) => other.base64 === key.base64)) return 'is another once more'
  return null
}

/** One that nobody had before, as it is written in `CURFEW_KEYS`. */
export const newRingKey = (): string =>
  `k${randomBytes(4).toString('hex')}:${randomBytes(keyBytes).toString('base64')}`
