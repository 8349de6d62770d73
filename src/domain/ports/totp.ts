import type { Sealed } from '../confirming/sealed.ts'

/** What a code turned out to be that of: which step of time, and between which instants that one counts. */
export interface TotpStep {
  readonly step: number
  readonly from: Date
  readonly until: Date
}

export interface StoredTotp {
  /** Names this enrolment; another one of the same person has another. */
  readonly enrolment: string
  readonly sealed: Sealed
  readonly enrolledAt: Date
  readonly lastUsedAt: Date | null
  /** By the database's clock. */
  readonly readAt: Date
}

export type TotpTry =
  | {
      readonly taken: true
      readonly at: Date
      /** False also where the code was used before, or one after it. */
      readonly isRight: boolean
      /** How many more may be taken before it locks. */
      readonly left: number
      /** Until when this one has locked it. */
      readonly lockedUntil: Date | null
    }
  | { readonly taken: false; readonly why: 'locked'; readonly until: Date }
  | { readonly taken: false; readonly why: 'gone' }

export interface TotpStore {
  of(person: string): Promise<StoredTotp | null>
  /**
   * Counts and spends at once, by the database's clock: whoever was not told what comes of this has learned nothing of the
   * code, so that of however many at once no more are answered than may be. A code that is that of no step is wrong. Every
   * fifth without a right one between locks; a right one forgets those before it.
   */
  takeTry(person: string, enrolment: string, code: TotpStep | null): Promise<TotpTry>
  /** With the step of the code that showed it works spent. `again`: this very enrolment was made before; nothing changed. */
  enrol(
    person: string,
    enrolled: { enrolment: string; sealed: Sealed; step: number },
  ): Promise<'enrolled' | 'replaced' | 'again'>
  /** False where there was none. */
  remove(person: string): Promise<boolean>
}
