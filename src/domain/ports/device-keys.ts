import type { PersonRef } from '../person.ts'

/** By which a device proves that what is said of it is said by itself. */
export interface DeviceKey {
  /** The device's id at its source; made by us. */
  readonly sourceId: string
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
  /** Who redeemed the code: whose device it is. */
  readonly person: PersonRef
  /** Of the last report that was taken. */
  readonly counter: number
  readonly isRemoved: boolean
}

export interface DeviceKeyStore {
  /** False where somebody has this public key, or had it: a key is one device's for ever. */
  add(key: Pick<DeviceKey, 'sourceId' | 'publicKey' | 'person'>): Promise<boolean>
  get(sourceId: string): Promise<DeviceKey | null>
  ofPublicKey(publicKey: string): Promise<DeviceKey | null>
  /** Those of them that count, of these people. */
  ofPeople(personIds: readonly string[]): Promise<readonly DeviceKey[]>
  /** Of all who come with the same counter one is the first, whichever replica they come to; false for all others. */
  take(sourceId: string, counter: number): Promise<boolean>
  /** From now on it signs nothing. False where it did not count any more. */
  remove(sourceId: string, by: PersonRef | null): Promise<boolean>
}
