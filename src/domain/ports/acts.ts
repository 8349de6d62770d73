import type { Act, Outcome } from '../audit/act.ts'

/**
 * Acts that are no grant's, for the record. Each is written before it is done, so that nothing is done of which the record
 * says nothing; what came of it afterwards. Who dies in between leaves one of which that is unknown.
 */
export interface ActStore {
  /** Resolves once it is written on a majority; rejects where it could not be: then it must not be done. */
  begin(act: Act): Promise<BegunAct>
}

export interface BegunAct {
  /** Says what came of it, with what was learnt only by doing it. */
  ended(outcome: Outcome, learnt?: Partial<Pick<Act, 'about' | 'details'>>): Promise<void>
  /** Nothing was to be done after all: the record says nothing of it. */
  dropped(): Promise<void>
}

/** Where there is no record. */
export const unrecorded: ActStore = {
  begin: () => Promise.resolve({ ended: () => Promise.resolve(), dropped: () => Promise.resolve() }),
}
