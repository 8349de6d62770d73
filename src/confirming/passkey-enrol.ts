import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { createHash } from 'node:crypto'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import type { NewPasskey } from '../domain/confirming/passkey.ts'
import { plainlyNamed, type PersonRef } from '../domain/person.ts'
import type { PasskeyStore } from '../domain/ports/passkeys.ts'
import type { KeyRing } from './key-ring.ts'
import { asJson, because, challengeOf, registrationBody, type Lie, type Malformed } from './passkey-bodies.ts'
import { passkeyLabel } from './passkey-label.ts'
import type { RelyingParty } from './relying-party.ts'
import { webauthn, webauthnHelpers } from './webauthn.ts'

export type PasskeyEnrolled =
  | { readonly enrolled: FactorNews }
  | Malformed
  | { readonly refused: Lie | 'attestation' | 'known-already' | 'too-many' }

export interface PasskeyParts {
  readonly store: PasskeyStore
  readonly ring: KeyRing
  readonly rp: RelyingParty
}

const mostPasskeys = 20
/** Ed25519, ECDSA with P-256, RSA. */
const algorithms = [-8, -7, -257]

/** Nothing is stored: asked again with the same ticket it is the same. */
export async function enrolOptions(
  { store, ring, rp }: PasskeyParts,
  person: PersonRef,
  ticket: string,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const has = await store.of(person.id)
  const handle = handleOf(has, ticket)
  const [challenge] = challengesOf(ring, { person, ticket, handle })
  const { generateRegistrationOptions } = await webauthn()
  return generateRegistrationOptions({
    rpName: 'Curfew',
    rpID: rp.id,
    userID: Buffer.from(handle, 'base64url'),
    userName: person.email ?? plainlyNamed(person),
    userDisplayName: person.name,
    challenge: Buffer.from(challenge),
    attestationType: 'none',
    excludeCredentials: has.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
    timeout: 300_000,
  })
}

export async function enrolPasskey(
  { store, ring, rp }: PasskeyParts,
  person: PersonRef,
  { ticket, body, label }: { ticket: string; body: unknown; label: string },
): Promise<PasskeyEnrolled> {
  const parsed = registrationBody.safeParse(typeof body === 'string' ? asJson(body) : body)
  if (!parsed.success) return { refused: 'malformed' }
  const { id, rawId, type, response } = parsed.data
  const attested = await decoded(response.attestationObject)
  if (attested === null) return { refused: 'malformed' }
  const has = await store.of(person.id)
  const handle = handleOf(has, ticket)
  const challenges = challengesOf(ring, { person, ticket, handle })
  const said = challengeOf(
    { clientDataJSON: response.clientDataJSON, authenticatorData: attested.authData },
    { type: 'webauthn.create', challenges, rp },
  )
  if ('lie' in said) return { refused: said.lie }
  // Who makes it is not asked for, and certificates would have us call whom they name.
  if (attested.namesMaker) return { refused: 'attestation' }
  const { verifyRegistrationResponse } = await webauthn()
  const verified = await verifyRegistrationResponse({
    response: { id, rawId, type, response, clientExtensionResults: {} },
    expectedChallenge: said.challenge,
    expectedOrigin: rp.origin,
    expectedRPID: rp.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch(because)
  if ('because' in verified) return { refused: 'malformed', because: verified.because }
  const { registrationInfo: found } = verified
  if (found?.credential.id !== id) return { refused: 'malformed' }
  if (has.length >= mostPasskeys) return { refused: 'too-many' }
  const passkey: NewPasskey = {
    id,
    person: person.id,
    userHandle: handle,
    publicKey: Buffer.from(found.credential.publicKey).toString('base64url'),
    counter: found.credential.counter,
    transports: response.transports,
    aaguid: found.aaguid,
    deviceType: found.credentialDeviceType,
    isBackedUp: found.credentialBackedUp,
    rpId: rp.id,
    label: passkeyLabel(label),
  }
  if (!(await store.add(passkey))) return { refused: 'known-already' }
  return { enrolled: { person: person.id, what: 'passkey-enrolled', label: passkey.label } }
}

/** Of the handle too: what the device was told stands in no answer, and may be another by now. */
const challengesOf = (
  ring: KeyRing,
  { person, ticket, handle }: { person: PersonRef; ticket: string; handle: string },
) => ring.marks('challenge', [ticket, 'passkey-enrolment', person.id, handle])

/** Random, as tickets are, and the same for every passkey of a person: so one device keeps one of theirs. */
const handleOf = ([first]: readonly { readonly userHandle: string }[], ticket: string): string =>
  first?.userHandle ?? createHash('sha256').update(`user handle ${ticket}`).digest('base64url')

interface Attested {
  readonly authData: Uint8Array
  readonly namesMaker: boolean
}

async function decoded(attestationObject: string): Promise<Attested | null> {
  const { decodeAttestationObject } = await webauthnHelpers()
  try {
    const attested = decodeAttestationObject(Buffer.from(attestationObject, 'base64url'))
    const [format, statement] = [attested.get('fmt'), attested.get('attStmt')]
    const isOfItself = format === 'packed' && statement.get('x5c') === undefined
    const authData: unknown = attested.get('authData')
    return authData instanceof Uint8Array ? { authData, namesMaker: format !== 'none' && !isOfItself } : null
  } catch {
    return null
  }
}
