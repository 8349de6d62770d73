import { z } from 'zod'

/** How a browser may reach an authenticator. Source: Web Authentication Level 3, "AuthenticatorTransport". */
export const transport = z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

export type Transport = z.infer<typeof transport>

/** A passkey as it is known here. Its private half never leaves the device, or the person's own cloud. */
export interface Passkey {
  /** The credential's own id, base64url: unique everywhere. */
  readonly id: string
  readonly person: string
  /** What the authenticator calls the person: random, base64url. */
  readonly userHandle: string
  /** COSE, base64url. */
  readonly publicKey: string
  /** How often it was used, as it says itself; of those that are synced always 0. */
  readonly counter: number
  readonly transports: readonly Transport[]
  /** Which model of authenticator, where that is told. */
  readonly aaguid: string
  /** Whether it may be copied to other devices, and whether it is; either may change later. */
  readonly deviceType: 'singleDevice' | 'multiDevice'
  readonly isBackedUp: boolean
  /** The host that it is for; at another it is of no use. */
  readonly rpId: string
  readonly label: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

export type NewPasskey = Omit<Passkey, 'createdAt' | 'lastUsedAt'>
