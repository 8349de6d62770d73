import { createHash } from 'node:crypto'
import type { Confirmed } from '../domain/confirming/confirmed.ts'
import type { FactorNews } from '../domain/confirming/factor-news.ts'
import type { Belonging } from '../domain/confirming/sealed.ts'
import { plainlyNamed, type PersonRef } from '../domain/person.ts'
import type { TotpStore } from '../domain/ports/totp.ts'
import type { KeyRing } from './key-ring.ts'
import {
  matchingStep,
  sixDigits,
  stepNear,
  totpOffer,
  totpSecretBytes,
  type TotpOffer,
} from './totp-codes.ts'

export type TotpRefused =
  | { readonly refused: 'not-a-code' | 'not-enrolled' }
  /** `left` more before it locks; with news when this one locked it. */
  | { readonly refused: 'wrong-code' | 'used-code'; readonly left: number; readonly news: FactorNews | null }
  | { readonly refused: 'locked'; readonly until: Date }
  /** Nobody's fault who types: its key is not configured here, or the database holds something else than was written. */
  | { readonly refused: 'unreadable'; readonly why: 'unknown-key' | 'altered'; readonly keyId: string }

export type TotpEnrolled =
  /** Null: this very ticket did it before. */
  { readonly enrolled: FactorNews | null } | { readonly refused: 'not-a-code' | 'wrong-code' }

export interface Totp {
  /** Asked again with the same ticket it is the same, and nothing is stored: a page may be opened twice. */
  offer(person: PersonRef, ticket: string): TotpOffer
  /** `ticket` is that of `offer`; the code shows that the app has it, and is spent. Replaces what was enrolled before. */
  enrol(person: PersonRef, ticket: string, typed: string): Promise<TotpEnrolled>
  confirm(personId: string, typed: string): Promise<Confirmed | TotpRefused>
  /** Null where there was none. */
  remove(personId: string): Promise<FactorNews | null>
  isEnrolled(personId: string): Promise<boolean>
}

interface Parts {
  readonly store: TotpStore
  readonly ring: KeyRing
  /** The database's clock. */
  readonly now: () => Date
  /** What apps call it: the company, or Curfew. */
  readonly issuer: string
}

/** Codes of authenticator apps: none counts twice, and guessing locks this method alone. */
export function totpMethod({ store, ring, now, issuer }: Parts): Totp {
  const secretsOf = (personId: string, ticket: string) =>
    ring.marks('totp-secret', [ticket, personId]).map((mark) => mark.subarray(0, totpSecretBytes))
  return {
    offer: (person, ticket) => {
      const [mark] = ring.marks('totp-secret', [ticket, person.id])
      return totpOffer(mark.subarray(0, totpSecretBytes), {
        issuer,
        label: person.email ?? plainlyNamed(person),
      })
    },
    enrol: async (person, ticket, typed) => {
      const code = sixDigits(typed)
      if (code === null) return { refused: 'not-a-code' }
      for (const secret of secretsOf(person.id, ticket)) {
        const step = matchingStep(secret, code, now())
        if (step === null) continue
        const sealed = ring.seal(secret, belonging(person.id))
        const done = await store.enrol(person.id, { enrolment: nameOf(ticket), sealed, step })
        return { enrolled: done === 'again' ? null : { person: person.id, what: `totp-${done}` } }
      }
      return { refused: 'wrong-code' }
    },
    confirm: async (personId, typed) => {
      const code = sixDigits(typed)
      if (code === null) return { refused: 'not-a-code' }
      const stored = await store.of(personId)
      if (stored === null) return { refused: 'not-enrolled' }
      const secret = ring.open(stored.sealed, belonging(personId))
      if ('unopened' in secret) return { refused: 'unreadable', why: secret.unopened, keyId: secret.keyId }
      const step = stepNear(secret, code, stored.readAt)
      const tried = await store.takeTry(personId, stored.enrolment, step)
      if (!tried.taken)
        return tried.why === 'gone' ? { refused: 'not-enrolled' } : { refused: 'locked', until: tried.until }
      const { at, isRight, left, lockedUntil } = tried
      if (isRight) return { method: 'totp', at }
      const wasUsed = step !== null && step.from <= at && at < step.until
      const news: FactorNews | null =
        lockedUntil === null ? null : { person: personId, what: 'totp-locked', until: lockedUntil }
      return { refused: wasUsed ? 'used-code' : 'wrong-code', left, news }
    },
    remove: async (personId) =>
      (await store.remove(personId)) ? { person: personId, what: 'totp-removed' } : null,
    isEnrolled: async (personId) => (await store.of(personId)) !== null,
  }
}

const belonging = (person: string): Belonging => ({ person, purpose: 'totp' })

/** Not the ticket itself: who reads the database must not find what secrets are made of. */
const nameOf = (ticket: string): string => createHash('sha256').update(`totp ${ticket}`).digest('base64url')
