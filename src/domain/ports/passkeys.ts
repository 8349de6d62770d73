import type { NewPasskey, Passkey } from '../confirming/passkey.ts'

export interface PasskeyUse {
  readonly counter: number
  /** What it signed, base64url. */
  readonly challenge: string
  readonly deviceType: Passkey['deviceType']
  readonly isBackedUp: boolean
}

export type Noted = { readonly at: Date } | { readonly not: 'signed-before' | 'counter' | 'gone' }

export interface PasskeyStore {
  /** False where this credential is known already, whosever it is. */
  add(passkey: NewPasskey): Promise<boolean>
  /** The oldest first. */
  of(person: string): Promise<readonly Passkey[]>
  find(person: string, id: string): Promise<Passkey | null>
  /**
   * Notes a use whose signature was good, and answers when it was, by the database's clock. Nothing is noted where this
   * challenge was signed before, where the counter is not above the stored one (both 0 apart), or where the passkey is
   * not this person's any more: of those who try at once with one challenge or one counter, one gets it.
   */
  use(person: string, id: string, use: PasskeyUse): Promise<Noted>
  /** Null where there is none of this id. */
  rename(person: string, id: string, label: string): Promise<Passkey | null>
  /** Somebody has it, whoever that is. */
  isSomebodys(id: string): Promise<boolean>
  remove(person: string, id: string): Promise<Passkey | null>
  /** Also what cannot be read; the labels of what there was. */
  removeAll(person: string): Promise<readonly string[]>
  /** How many are for other hosts than this. */
  countOfOthers(rpId: string): Promise<number>
}
