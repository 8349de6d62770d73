import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Confirmed } from '../domain/confirming/confirmed.ts'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import type { Passkey } from '../domain/confirming/passkey.ts'
import type { PersonRef } from '../domain/person.ts'
import { confirmByPasskey, confirmOptions, type Asked, type PasskeyRefused } from './passkey-confirm.ts'
import { enrolOptions, enrolPasskey, type PasskeyEnrolled, type PasskeyParts } from './passkey-enrol.ts'
import { passkeyLabel } from './passkey-label.ts'

/**
 * Passkeys: the person proves to their own device who they are, and it signs what they confirm. Bodies are what the
 * browser's `credential.toJSON()` gives, as text or parsed.
 */
export interface Passkeys {
  /** For `credentials.create`; for the page itself, as some browsers forget the click while something is fetched. */
  enrolOptions(person: PersonRef, ticket: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  enrol(person: PersonRef, answer: { ticket: string; body: unknown; label: string }): Promise<PasskeyEnrolled>
  /** For `credentials.get`; null: they have none that works at this host. */
  confirmOptions(personId: string, asked: Asked): Promise<PublicKeyCredentialRequestOptionsJSON | null>
  confirm(personId: string, asked: Asked, body: unknown): Promise<Confirmed | PasskeyRefused>
  /** Is there one of theirs that works at this host? */
  hasHere(personId: string): Promise<boolean>
  /** All of theirs, the oldest first, also those of another host. */
  list(personId: string): Promise<readonly Passkey[]>
  /** Null where there is none of this id. */
  rename(personId: string, id: string, label: string): Promise<Passkey | null>
  remove(personId: string, id: string): Promise<FactorNews | null>
}

export function passkeyMethod(parts: PasskeyParts): Passkeys {
  const { store, rp } = parts
  return {
    enrolOptions: (person, ticket) => enrolOptions(parts, person, ticket),
    enrol: (person, answer) => enrolPasskey(parts, person, answer),
    confirmOptions: (personId, asked) => confirmOptions(parts, personId, asked),
    confirm: (personId, asked, body) => confirmByPasskey(parts, personId, asked, body),
    hasHere: async (personId) => (await store.of(personId)).some(({ rpId }) => rpId === rp.id),
    list: (personId) => store.of(personId),
    rename: (personId, id, label) => store.rename(personId, id, passkeyLabel(label)),
    remove: async (personId, id) => {
      const removed = await store.remove(personId, id)
      return removed && { person: personId, what: 'passkey-removed', label: removed.label }
    },
  }
}
