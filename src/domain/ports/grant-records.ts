import type { Grant, Review } from '../grant.ts'
import type { PersonRef } from '../person.ts'

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
}

export interface LastUse {
  readonly resource: string
  readonly entitlement: string
  readonly at: Date
}
