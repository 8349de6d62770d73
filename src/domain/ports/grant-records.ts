import type { Ended, Grant, Review, Revoking } from '../grant.ts'
import type { PersonRef } from '../person.ts'

/** Grants looked at to be shown, reckoned with or said aloud: nothing is decided by them. */
export interface GrantRecords {
  /** What people asked for since then, the oldest first, of more than `limit` the newest. */
  askedSince(since: Date, limit: number): Promise<AskedRow[]>
  /**
   * Of what people asked for: what was asked, answered or closed in this time, and what waits still, the oldest first; of
   * more than 20,000 of one kind not all.
   */
  askedOrAnswered(within: { from: Date; to: Date }): Promise<AskedRow[]>
  /** When something was last asked for or held, for each entitlement that ever was. Reads what is open, and little of each entitlement. */
  lastUses(): Promise<LastUse[]>
  /** Every unfinished grant that was approved: what is or may be held. */
  owed(): Promise<Grant[]>
  /** What is held and waits for an answer to more time. */
  askingForMore(limit: number): Promise<Grant[]>
  /** What ended, or is being ended, in this time because its holder left. */
  endedByLeaving(within: { from: Date; to: Date }): Promise<(Revoking | Ended)[]>
  /** Debts that were said aloud and are not settled yet, also those that cannot be read, by where they are said. */
  late(): Promise<LateThere[]>
  /** Of those in one place the first so many that can be read, late for the longest, and how many cannot. */
  firstLate(
    where: Pick<LateThere, 'resourceId' | 'channel'>,
    limit: number,
  ): Promise<{ readonly grants: readonly Grant[]; readonly unreadable: number }>
}

/** What is late of one resource in one channel. */
export interface LateThere {
  readonly resourceId: string
  readonly channel: string
  readonly count: number
  /** When the first of it was said aloud. */
  readonly sinceAt: Date
  /** The ids of what it is about. */
  readonly entitlements: readonly string[]
}

/** What looking back needs of a request; windows of a series and what is held by rule were not asked for. */
export interface AskedRow {
  readonly id: string
  readonly status: Grant['status']
  readonly resource: Grant['resource']
  readonly entitlement: Grant['entitlement']
  readonly subject: PersonRef
  readonly requester: PersonRef
  readonly askedMs: number
  readonly reason: string
  readonly requestedAt: Date
  readonly asker: Grant['asker']
  /** The rule that approved it. */
  readonly because: string | null
  readonly isSeries: boolean
  readonly isBreakGlass: boolean
  readonly reviews: readonly Pick<Review, 'by' | 'verdict' | 'at' | 'preApprovalId'>[]
  readonly approvedAt: Date | null
  /** When it was denied, withdrawn or lapsed. */
  readonly closedAt: Date | null
  /** Nobody withdrew it: whoever asked, or was to hold it, left. */
  readonly closedBecause: string | null
}

export interface LastUse {
  readonly resource: string
  readonly entitlement: string
  readonly at: Date
}
