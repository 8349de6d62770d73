import { createPublicKey, generateKeyPairSync } from 'node:crypto'

/** A pair of WireGuard keys (X25519), as its tools write them: 32 bytes in base64. */
export function newKeys(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('x25519')
  const keyOf = (der: Buffer) => der.subarray(-32).toString('base64')
  return {
    privateKey: keyOf(privateKey.export({ type: 'pkcs8', format: 'der' })),
    publicKey: keyOf(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
  }
}

/** A public key whose private one nobody has. */
export const nobodysKey = (): string => newKeys().publicKey
