import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type CipherGCM,
} from 'node:crypto'
import type { Belonging, Sealed } from '../domain/confirming/sealed.ts'
import type { RingKey, RingKeys } from '../domain/ring-keys.ts'

/** `unknown-key`: it was sealed by one that is not configured. `altered`: it is not what was sealed, or not here. */
export type Unopened = { readonly unopened: 'unknown-key' | 'altered'; readonly keyId: string }

export interface KeyRing {
  readonly currentId: string
  /** The current one first. */
  readonly ids: readonly string[]
  seal(plain: Uint8Array, of: Belonging): Sealed
  open(sealed: Sealed, of: Belonging): Uint8Array | Unopened
  /**
   * 32 bytes that only who has a key can make, the same each time for the same purpose and parts: by the current key
   * first, then by each other one. What was made before keys changed is among them, and so is what another replica makes
   * whose keys are in another order.
   */
  marks(purpose: MarkPurpose, parts: readonly string[]): readonly [Buffer, ...Buffer[]]
}

export type MarkPurpose = 'challenge' | 'totp-secret' | 'enrolment-code' | 'device-code'

const [algorithm, nonceBytes, authTagLength] = ['aes-256-gcm', 12, 16] as const

interface Key {
  readonly id: string
  readonly sealing: Buffer
  readonly marking: Buffer
}

/** Sealing and marking have keys of their own, derived from the configured one: neither says anything of the other. */
function keyOf({ id, base64 }: RingKey): Key {
  const configured = Buffer.from(base64, 'base64')
  const derive = (what: string) => Buffer.from(hkdfSync('sha256', configured, '', `curfew ${what}`, 32))
  return { id, sealing: derive('sealing'), marking: derive('marking') }
}

export function keyRing(configured: RingKeys): KeyRing {
  const [first, ...others] = configured
  const current = keyOf(first)
  const older = others.map(keyOf)
  const byId = new Map([current, ...older].map((key) => [key.id, key]))
  return {
    currentId: current.id,
    ids: [...byId.keys()],
    seal: (plain, of) => {
      const nonce = randomBytes(nonceBytes)
      const cipher: CipherGCM = createCipheriv(algorithm, current.sealing, nonce, { authTagLength })
      cipher.setAAD(bound(of, current.id))
      const box = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      return { keyId: current.id, nonce: nonce.toString('base64url'), box: box.toString('base64url') }
    },
    open: (sealed, of) => {
      const key = byId.get(sealed.keyId)
      if (key === undefined) return { unopened: 'unknown-key', keyId: sealed.keyId }
      return opened(key, sealed, of) ?? { unopened: 'altered', keyId: sealed.keyId }
    },
    marks: (purpose, parts) => {
      // As JSON, so that no two lists of parts read the same.
      const marked = JSON.stringify([purpose, ...parts])
      const by = ({ marking }: Key) => createHmac('sha256', marking).update(marked).digest()
      return [by(current), ...older.map(by)]
    },
  }
}

function opened(key: Key, { nonce: nonceText, box: boxText }: Sealed, of: Belonging): Uint8Array | null {
  const [nonce, box] = [Buffer.from(nonceText, 'base64url'), Buffer.from(boxText, 'base64url')]
  if (nonce.length !== nonceBytes || box.length < authTagLength) return null
  const decipher = createDecipheriv(algorithm, key.sealing, nonce, { authTagLength })
  decipher.setAAD(bound(of, key.id))
  decipher.setAuthTag(box.subarray(-authTagLength))
  const plain = decipher.update(box.subarray(0, -authTagLength))
  try {
    // Until this has passed, what came out may be anything.
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return null
  }
}

const bound = ({ person, purpose }: Belonging, keyId: string): Buffer =>
  Buffer.from(`${person}|${purpose}|${keyId}`)

/** In the same time, wherever they differ. */
export const isOneOf = (given: Uint8Array, marks: readonly Uint8Array[]): boolean =>
  marks.filter((mark) => mark.length === given.length && timingSafeEqual(mark, given)).length > 0
