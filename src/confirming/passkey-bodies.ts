import { createHash } from 'node:crypto'
import { z } from 'zod'
import { transport } from '../domain/confirming/passkey.ts'
import { isOneOf } from './key-ring.ts'
import type { RelyingParty } from './relying-party.ts'

const bytes = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/)

/** 1,023 bytes at most. Source: Web Authentication Level 3, "Credential ID". */
const credentialId = bytes(1_364)
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

/** What a browser answers to `credentials.create`; what else it says of it is not looked at. */
export const registrationBody = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4_096),
    attestationObject: bytes(16_384),
    // Browsers may come to name others; what is not known is of no use here.
    transports: z
      .array(z.string().max(32))
      .max(16)
      .default([])
      .transform((all) => all.flatMap((one) => transport.safeParse(one).data ?? [])),
  }),
})

/** What a browser answers to `credentials.get`. */
export const authenticationBody = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4_096),
    authenticatorData: bytes(4_096),
    signature: bytes(2_048),
    userHandle: bytes(128)
      .nullish()
      .transform((handle) => handle ?? undefined),
  }),
})

const clientData = z.object({
  type: z.string(),
  challenge: bytes(128),
  origin: z.string(),
  crossOrigin: z.boolean().default(false),
})

export type Lie = 'other-type' | 'other-challenge' | 'other-origin' | 'other-host' | 'unverified-user'

/** Not what a browser sends; with what the library said of it, for the log. */
export type Malformed = { readonly refused: 'malformed'; readonly because?: string }

export const because = (error: unknown): { readonly because: string } => ({
  because: error instanceof Error ? error.message : 'no error was thrown',
})

interface Said {
  readonly clientDataJSON: string
  readonly authenticatorData: Uint8Array
}

interface Expected {
  readonly type: 'webauthn.create' | 'webauthn.get'
  readonly challenges: readonly Uint8Array[]
  readonly rp: RelyingParty
}

const [hashBytes, leastBytes, userPresentAndVerified] = [32, 37, 0x05]

/**
 * Why the library would not take it, as data; the challenge, where nothing is wrong so far. Besides it refuses what was
 * asked for inside a frame of another site.
 */
export function challengeOf(
  { clientDataJSON, authenticatorData }: Said,
  { type, challenges, rp }: Expected,
): { readonly challenge: string } | { readonly lie: Lie | 'malformed' } {
  const said = clientData.safeParse(asJson(Buffer.from(clientDataJSON, 'base64url').toString()))
  if (!said.success || authenticatorData.length < leastBytes) return { lie: 'malformed' }
  if (said.data.type !== type) return { lie: 'other-type' }
  if (!isOneOf(Buffer.from(said.data.challenge, 'base64url'), challenges)) return { lie: 'other-challenge' }
  if (said.data.origin !== rp.origin || said.data.crossOrigin) return { lie: 'other-origin' }
  const rpIdHash = createHash('sha256').update(rp.id).digest()
  if (!rpIdHash.equals(authenticatorData.subarray(0, hashBytes))) return { lie: 'other-host' }
  const flags = authenticatorData[hashBytes] ?? 0
  if ((flags & userPresentAndVerified) !== userPresentAndVerified) return { lie: 'unverified-user' }
  return { challenge: said.data.challenge }
}

/** Undefined where it is none. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
