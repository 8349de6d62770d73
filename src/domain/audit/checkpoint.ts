import { createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { ChainEnd } from './chain.ts'

/*
 * A checkpoint says where the chain ended at some moment, signed by Ed25519 and kept where the database is not: whoever
 * cuts off the end of the chain, or puts another in its place, cannot take it back. To look at one the public half is
 * enough.
 */

const signed = z.object({
  number: z.int().positive(),
  mark: z.string().min(1),
  at: z.iso.datetime(),
  keyId: z.string(),
})
export const checkpoint = signed.extend({ signature: z.string() })
export type Checkpoint = z.infer<typeof checkpoint>

export interface SigningKey {
  readonly id: string
  readonly private: KeyObject
  readonly public: KeyObject
}

/** PKCS #8 of an Ed25519 seed. Source: RFC 8410, section 7. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A pair that follows from a configured key, and says nothing of what else follows from it. */
export function signingKey(id: string, configured: Uint8Array): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', configured, '', 'curfew checkpoints', 32))
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  return { id, private: key, public: createPublicKey(key) }
}

export const signedCheckpoint = (end: ChainEnd, at: Date, key: SigningKey): Checkpoint =>
  signedAs('curfew checkpoint', end, at, key)

export const isGenuine = (one: Checkpoint, key: Pick<SigningKey, 'public'>): boolean =>
  isSignedAs('curfew checkpoint', one, key)

/**
 * What stands where the chain begins once its oldest links were removed: the last of those. A checkpoint is not taken for
 * one, or whoever has a checkpoint could remove what it saw.
 */
export const signedBase = (end: ChainEnd, at: Date, key: SigningKey): Checkpoint =>
  signedAs('curfew base', end, at, key)

export const isGenuineBase = (one: Checkpoint, key: Pick<SigningKey, 'public'>): boolean =>
  isSignedAs('curfew base', one, key)

type Kind = 'curfew checkpoint' | 'curfew base'

function signedAs(kind: Kind, { number, mark }: ChainEnd, at: Date, key: SigningKey): Checkpoint {
  const said = { number, mark, at: at.toISOString(), keyId: key.id }
  return { ...said, signature: sign(null, wordsOf(kind, said), key.private).toString('base64url') }
}

const isSignedAs = (kind: Kind, one: Checkpoint, key: Pick<SigningKey, 'public'>): boolean =>
  verify(null, wordsOf(kind, one), key.public, Buffer.from(one.signature, 'base64url'))

const wordsOf = (kind: Kind, { number, mark, at, keyId }: z.infer<typeof signed>): Buffer =>
  Buffer.from(JSON.stringify([kind, number, mark, at, keyId]))
