import type { Open } from '../grant.ts'

/** How many grants there are and how long some wait: of all replicas, and of nobody in particular. */
export interface GrantCounts {
  readonly open: ReadonlyMap<Open['status'], number>
  /** Denied, withdrawn, lapsed or ended. */
  readonly over: number
  /** What systems are owed just now: a call whose instant has come, and that is not known to be done. */
  readonly owed: Readonly<Record<'give' | 'take', Owed>>
  /** Debts that were said aloud and are not settled yet. */
  readonly late: number
  /** When the request that waits longest was made; null: none waits. */
  readonly oldestPendingAt: Date | null
  /** Since when something should have been done and nobody has looked at it; null: nothing is due. */
  readonly oldestDueAt: Date | null
  /** Those that Slack does not show as they are; counted up to some thousands. */
  readonly unshown: number
}

export interface Owed {
  readonly count: number
  /** The instant of the oldest; null where there is none. */
  readonly oldestAt: Date | null
}

export interface GrantCounter {
  /** Rejects where the database does not answer soon. */
  counts(): Promise<GrantCounts>
}
