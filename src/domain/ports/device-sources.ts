/** When sources of devices were heard of last, and what comes of it where one is silent. */
export interface DeviceSourceStore {
  /**
   * It was heard of now: it is silent no more, nothing is foreseen. Noted every few seconds at most. Silent for longer
   * than `silentAfterMs` before, that is a gap.
   */
  heard(source: string, silentAfterMs: number | null): Promise<void>
  /**
   * Whether whoever asks is to ask it now, as nobody did for so long: of several replicas one is.
   */
  mayLook(source: string, everyMs: number): Promise<boolean>
  /** That look was in vain: another need not wait so long. */
  lookedInVain(source: string): Promise<void>
  /** Each by itself: one that cannot be read hides no other. */
  all(): Promise<readonly SourceHeard[]>
  /** The same by their names. `unknown`: another version noted when it was heard of, in a form that this one cannot read. */
  byName(): Promise<ReadonlyMap<string, SourceHeard | 'unknown'>>
  /** Who loses what, and when, unless it is heard of again, or was since; none: it is not silent. */
  foresee(silent: Pick<SourceHeard, 'source' | 'heardAt'>, losses: readonly ForeseenLoss[]): Promise<void>
  /** An admin said that it is to be taken all the same; false where it was heard of since, or somebody said so before. */
  takeAnyway(source: string, heardAt: Date): Promise<boolean>
}

export interface SourceHeard {
  readonly source: string
  /** By the database's clock. */
  readonly heardAt: Date
  /** Null: another version noted them, in a form that this one cannot read. */
  readonly losses: readonly ForeseenLoss[] | null
  /** An admin said so since it fell silent. */
  readonly isTakenAnyway: boolean
  /** When it was silent last, and heard of again, without an admin's word; null: never. `unknown`: as of `byName`. */
  readonly gap: { readonly from: Date; readonly until: Date } | 'unknown' | null
}

export interface ForeseenLoss {
  readonly entitlement: { readonly name: string }
  readonly resource: { readonly name: string }
  readonly people: number
  /** When the first of them loses it. */
  readonly at: Date
}
