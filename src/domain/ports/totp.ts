import type { Sealed } from '../confirming/sealed.ts'

export interface StoredTotp {
  /** Names this enrolment; another one of the same person has another. */
  readonly enrolment: string
  readonly sealed: Sealed
  readonly enrolledAt: Date
  readonly lastUsedAt: Date | null
}

export type TotpTry =
  | {
      readonly taken: true
      readonly at: Date
      /** How many more may be taken before it locks. */
      readonly left: number
      /** Until when this one has locked it, unless it turns out right. */
      readonly lockedUntil: Date | null
    }
  | { readonly taken: false; readonly why: 'locked'; readonly until: Date }
  | { readonly taken: false; readonly why: 'gone' }

export interface TotpStore {
  of(person: string): Promise<StoredTotp | null>
  /**
   * Before a code is looked at: counts it as wrong, so that of however many at once no more are looked at than may be.
   * Every fifth without a right one between locks, by the database's clock.
   */
  takeTry(person: string, enrolment: string): Promise<TotpTry>
  /** The code of this step was right: counts no tries any more. False where it or a later one was used before. */
  spend(person: string, enrolment: string, step: number): Promise<boolean>
  /** With the step of the code that showed it works spent. `again`: this very enrolment was made before; nothing changed. */
  enrol(
    person: string,
    enrolled: { enrolment: string; sealed: Sealed; step: number },
  ): Promise<'enrolled' | 'replaced' | 'again'>
  /** False where there was none. */
  remove(person: string): Promise<boolean>
}
