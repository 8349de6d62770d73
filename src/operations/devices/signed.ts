import { createPublicKey, verify } from 'node:crypto'

/** For what a device signs: each is of no use as another. */
export type SignedFor = 'report' | 'enrol' | 'remove'

/** What is signed: what it is for, and the bytes exactly as they were sent. */
export const signedBytes = (what: SignedFor, sent: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`curfew-report/1 POST /devices/${what}\n`), sent])

/** Of Ed25519: 64 bytes, and the key's 32, in base64url. */
const signature = /^[A-Za-z0-9_-]{86}$/
export const publicKeyText = /^[A-Za-z0-9_-]{43}$/

/** Whether who has this key signed these bytes for this. What is no key or no signature signed nothing. */
export function isSignedBy(
  publicKey: string,
  what: SignedFor,
  { sent, signature: given }: { readonly sent: Uint8Array; readonly signature: string },
): boolean {
  if (!signature.test(given) || !publicKeyText.test(publicKey)) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  return verify(null, signedBytes(what, sent), key, Buffer.from(given, 'base64url'))
}
