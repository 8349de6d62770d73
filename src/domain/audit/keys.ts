import { hkdfSync } from 'node:crypto'
import type { RingKeys } from '../ring-keys.ts'
import type { ChainKey } from './chain.ts'
import { signingKey, type SigningKey } from './checkpoint.ts'

/** What links are marked by, derived from the configured ones, the current one first. */
export const chainKeys = ([first, ...others]: RingKeys): readonly [ChainKey, ...ChainKey[]] => [
  keyOf(first),
  ...others.map(keyOf),
]

function keyOf({ id, base64 }: RingKeys[number]): ChainKey {
  const bytes = hkdfSync('sha256', Buffer.from(base64, 'base64'), '', 'curfew chain', 32)
  return { id, bytes: new Uint8Array(bytes) }
}

/** What checkpoints and bases are signed by, the current one first. */
export const signersOf = ([first, ...others]: RingKeys): readonly [SigningKey, ...SigningKey[]] => [
  signerOf(first),
  ...others.map(signerOf),
]

const signerOf = ({ id, base64 }: RingKeys[number]): SigningKey =>
  signingKey(id, Buffer.from(base64, 'base64'))
