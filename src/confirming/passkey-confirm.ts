import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Confirmed } from '../domain/confirming/confirmed.ts'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import {
  asJson,
  authenticationBody,
  because,
  challengeOf,
  type Lie,
  type Malformed,
} from './passkey-bodies.ts'
import type { PasskeyParts } from './passkey-enrol.ts'
import { webauthn } from './webauthn.ts'

/** What is confirmed: the challenge is made of it, so that an answer to other terms, or to another ticket, is none. */
export interface Asked {
  readonly ticket: string
  /** Of the act and its terms, as they were shown. */
  readonly digest: string
}

export type PasskeyRefused =
  | Malformed
  | {
      readonly refused:
        Lie | 'unknown-passkey' | 'anothers' | 'other-person' | 'wrong-signature' | 'used-already'
    }
  /** Its signature is good, and it counts fewer uses than before: the person and admins are told. */
  | { readonly refused: 'counter-back'; readonly news: FactorNews }

/** Null where this person has none for this host. Nothing is stored. */
export async function confirmOptions(
  { store, ring, rp }: PasskeyParts,
  personId: string,
  asked: Asked,
): Promise<PublicKeyCredentialRequestOptionsJSON | null> {
  const here = (await store.of(personId)).filter(({ rpId }) => rpId === rp.id)
  if (here.length === 0) return null
  const [challenge] = challengesOf(ring, asked)
  const { generateAuthenticationOptions } = await webauthn()
  return generateAuthenticationOptions({
    rpID: rp.id,
    challenge: Buffer.from(challenge),
    allowCredentials: here.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: 'required',
    timeout: 300_000,
  })
}

export async function confirmByPasskey(
  { store, ring, rp }: PasskeyParts,
  personId: string,
  asked: Asked,
  body: unknown,
): Promise<Confirmed | PasskeyRefused> {
  const parsed = authenticationBody.safeParse(typeof body === 'string' ? asJson(body) : body)
  if (!parsed.success) return { refused: 'malformed' }
  const { id, rawId, type, response } = parsed.data
  const authenticatorData = Buffer.from(response.authenticatorData, 'base64url')
  const said = challengeOf(
    { clientDataJSON: response.clientDataJSON, authenticatorData },
    { type: 'webauthn.get', challenges: challengesOf(ring, asked), rp },
  )
  if ('lie' in said) return { refused: said.lie }
  const passkey = await store.find(personId, id)
  if (passkey === null && (await store.isSomebodys(id))) return { refused: 'anothers' }
  if (passkey?.rpId !== rp.id) return { refused: 'unknown-passkey' }
  if (response.userHandle !== undefined && response.userHandle !== passkey.userHandle)
    return { refused: 'other-person' }
  const { publicKey, label } = passkey
  const { verifyAuthenticationResponse } = await webauthn()
  const verified = await verifyAuthenticationResponse({
    response: { id, rawId, type, response, clientExtensionResults: {} },
    expectedChallenge: said.challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    // The library compares counters before it looks at the signature: by it, anybody could have admins warned.
    credential: { id, publicKey: Buffer.from(publicKey, 'base64url'), counter: 0 },
    requireUserVerification: true,
  }).catch(because)
  if ('because' in verified) return { refused: 'malformed', because: verified.because }
  if (!verified.verified) return { refused: 'wrong-signature' }
  const {
    newCounter: counter,
    credentialDeviceType: deviceType,
    credentialBackedUp,
  } = verified.authenticationInfo
  const use = { counter, challenge: said.challenge, deviceType, isBackedUp: credentialBackedUp }
  const noted = await store.use(personId, id, use)
  if ('at' in noted) return { method: 'passkey', at: noted.at, credentialId: id }
  // Above what it was a moment ago: another of its answers came first, and nothing is wrong with it.
  if (noted.not !== 'counter' || counter > passkey.counter) return { refused: 'used-already' }
  const news: FactorNews = { person: personId, what: 'passkey-counter-back', label, credentialId: id }
  return { refused: 'counter-back', news }
}

const challengesOf = (ring: PasskeyParts['ring'], { ticket, digest }: Asked) =>
  ring.marks('challenge', [ticket, 'passkey', digest])
