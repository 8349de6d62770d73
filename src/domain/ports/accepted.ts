import type { HoldKey } from '../hold.ts'

/** What an admin found fine though no grant explains it, until then. */
export interface Accepted extends HoldKey {
  readonly until: Date
  /** Who said so: a person of ours, or a machine such as `cli:ops`. */
  readonly by: string
  readonly at: Date
}

export interface AcceptedStore {
  /** Takes the place of what was said of the same before. */
  accept(all: readonly Accepted[]): Promise<void>
  /** Who holds this with an admin's word, as of now. */
  principalsOf(place: Omit<HoldKey, 'principal'>, now: Date): Promise<ReadonlySet<string>>
}
