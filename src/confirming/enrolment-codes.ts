import { randomInt } from 'node:crypto'
import {
  enrolmentCodeMs,
  enrolmentCodeTries,
  newEnrolmentCode,
  readEnrolmentCode,
} from '../domain/confirming/enrolment-code.ts'
import { isSameHuman, type PersonRef } from '../domain/person.ts'
import type { CodeMaker, EnrolmentCodeStore } from '../domain/ports/enrolment-codes.ts'
import type { CodeUse } from '../domain/ports/one-time-codes.ts'
import type { KeyRing } from './key-ring.ts'

export type CodeMade =
  | { readonly code: string; readonly until: Date }
  /** Whoever has an admin's Slack could else enrol themselves. */
  | { readonly refused: 'own-code' }

export type CodeUsed =
  | { readonly madeBy: CodeMaker; readonly at: Date }
  | { readonly refused: 'wrong-code'; readonly left: number }
  | { readonly refused: 'not-a-code' | 'no-code' | 'expired' | 'used-before' | 'too-many-tries' }

export interface EnrolmentCodes {
  /** Whether `by` may is the caller's to know. The code is shown this once, and given to the person in person. */
  make(person: PersonRef, by: CodeMaker): Promise<CodeMade>
  use(personId: string, typed: string): Promise<CodeUsed>
  /** False where none was good any more. */
  cancel(personId: string): Promise<boolean>
}

const whyNot = {
  none: 'no-code',
  expired: 'expired',
  'used-before': 'used-before',
  'too-many-tries': 'too-many-tries',
} as const satisfies Record<Exclude<Extract<CodeUse<CodeMaker>, { used: false }>['why'], 'wrong'>, string>

/**
 * By which somebody enrols their first passkey or app without an identity provider. 49 bits could be guessed from a plain
 * hash in a copy of the database: what is stored is made by a key that is not there.
 */
export function enrolmentCodes(store: EnrolmentCodeStore, ring: KeyRing): EnrolmentCodes {
  const marksOf = (personId: string, code: string) =>
    ring.marks('enrolment-code', [personId, code]).map((mark) => mark.toString('base64url'))
  return {
    make: async (person, by) => {
      if ('id' in by && isSameHuman(by, person)) return { refused: 'own-code' }
      const shown = newEnrolmentCode((below) => randomInt(below))
      const [mark = ''] = marksOf(person.id, readEnrolmentCode(shown) ?? '')
      const { until } = await store.put(person.id, {
        mark,
        about: by,
        forMs: enrolmentCodeMs,
        tries: enrolmentCodeTries,
      })
      return { code: shown, until }
    },
    use: async (personId, typed) => {
      const code = readEnrolmentCode(typed)
      if (code === null) return { refused: 'not-a-code' }
      const use = await store.use(personId, marksOf(personId, code))
      if (use.used) return { madeBy: use.about, at: use.at }
      return use.why === 'wrong' ? { refused: 'wrong-code', left: use.left } : { refused: whyNot[use.why] }
    },
    cancel: (personId) => store.cancel(personId),
  }
}
