import { randomBytes } from 'node:crypto'
import { keyRing, type KeyRing } from '../../src/confirming/key-ring.ts'
import type { RingKey } from '../../src/domain/ring-keys.ts'

export const aKey = (id: string): RingKey => ({ id, base64: randomBytes(32).toString('base64') })

/** As it stands in `CURFEW_KEYS`. */
export const written = (...keys: readonly RingKey[]): string =>
  keys.map(({ id, base64 }) => `${id}:${base64}`).join(',')

export const ringOf = (first: RingKey, ...others: readonly RingKey[]): KeyRing => keyRing([first, ...others])
