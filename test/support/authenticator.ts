import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { cbor, type Cbor } from './cbor.ts'

/** What an authenticator or a browser may say otherwise than it is. */
export interface Lies {
  readonly type?: string
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly challenge?: string
  readonly rpId?: string
  readonly isPresent?: boolean
  readonly isVerified?: boolean
  readonly mayBackUp?: boolean
  readonly isBackedUp?: boolean
  readonly counter?: number
  /** Which key signs. */
  readonly key?: KeyObject
  readonly userHandle?: string | null
  readonly id?: string
  /** Put in place of the attestation's format, or its statement. */
  readonly attestation?: { readonly format: string; readonly statement: ReadonlyMap<string, Cbor> }
  readonly algorithm?: number
}

interface Creation {
  readonly rp: { readonly id?: string | undefined }
  readonly user: { readonly id: string }
  readonly challenge: string
}
interface Request {
  readonly rpId?: string | undefined
  readonly challenge: string
}

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()

/**
 * A passkey in software: real attestations and assertions, ECDSA on P-256, of whatever it is told to lie about. `counter`
 * is the last that it said; those that always say 0 are made with `counts: false`.
 */
export function anAuthenticator(origin: string, { counts = true }: { counts?: boolean } = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  let counter = 0
  let userHandle: string | null = null

  const clientData = (type: string, challenge: string, lies: Lies): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    )
  const authenticatorData = (rpId: string, lies: Lies, credential?: Buffer): Buffer => {
    const flags =
      ((lies.isPresent ?? true) ? 0x01 : 0) |
      ((lies.isVerified ?? true) ? 0x04 : 0) |
      (lies.mayBackUp ? 0x08 : 0) |
      (lies.isBackedUp ? 0x10 : 0) |
      (credential ? 0x40 : 0)
    const fixed = Buffer.alloc(37)
    sha256(lies.rpId ?? rpId).copy(fixed)
    fixed.writeUInt8(flags, 32)
    fixed.writeUInt32BE(lies.counter ?? counter, 33)
    return Buffer.concat([fixed, credential ?? Buffer.alloc(0)])
  }
  const signed = (data: Buffer, client: Buffer, lies: Lies): Buffer =>
    sign('sha256', Buffer.concat([data, sha256(client)]), lies.key ?? privateKey)
  const cose = (algorithm: number): Buffer =>
    cbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, algorithm],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    )

  return {
    id: id.toString('base64url'),
    get counter() {
      return counter
    },
    /** What a browser would post after `credentials.create`. */
    creates: ({ rp, user, challenge }: Creation, lies: Lies = {}) => {
      userHandle = user.id
      const credential = Buffer.concat([
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        cose(lies.algorithm ?? -7),
      ])
      const data = authenticatorData(rp.id ?? '', lies, credential)
      const client = clientData('webauthn.create', challenge, lies)
      const { format = 'none', statement = new Map() } = lies.attestation ?? {}
      const attested = statement.has('sig')
        ? new Map<string, Cbor>([...statement, ['sig', signed(data, client, lies)]])
        : statement
      const attestationObject = cbor(
        new Map<string, Cbor>([
          ['fmt', format],
          ['attStmt', attested],
          ['authData', data],
        ]),
      )
      const said = lies.id ?? id.toString('base64url')
      return {
        id: said,
        rawId: said,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'hybrid', 'telepathy'],
        },
      }
    },
    /** What a browser would post after `credentials.get`. */
    gets: ({ rpId = '', challenge }: Request, lies: Lies = {}) => {
      if (counts && lies.counter === undefined) counter++
      const data = authenticatorData(rpId, lies)
      const client = clientData('webauthn.get', challenge, lies)
      const said = lies.id ?? id.toString('base64url')
      return {
        id: said,
        rawId: said,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signed(data, client, lies).toString('base64url'),
          userHandle: lies.userHandle === undefined ? userHandle : lies.userHandle,
        },
      }
    },
  }
}

export type Authenticator = ReturnType<typeof anAuthenticator>
