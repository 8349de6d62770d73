import type { Posture } from '../devices/posture.ts'
import type { Ended, Grant, Pending } from '../grant.ts'
import type { PersonRef } from '../person.ts'
import type { ApprovedWish } from '../policy.ts'
import type { Refusal } from '../refusal.ts'

/**
 * Grants, and every reading that something is decided by; what is only shown is read by `GrantRecords`.
 * Every store that writes what somebody may have asked for says so right before it does (`aboutToWrite`).
 */
export interface GrantStore {
  /**
   * Writes a new grant. `exists` when this (requestId, line) was written before: a redelivery.
   * `open` when the subject already has an unfinished grant of this entitlement in the same slot (`slotOf`).
   * Where it takes the place of another, that one becomes what is given first, with the new one in the same write: of a
   * process that dies in between, `finishReplacing` does the rest once the other is due. `open` too when the other had
   * moved on meanwhile.
   */
  insert(grant: Grant, replaced?: { readonly from: Grant; readonly to: Grant } | null): Promise<Inserted>
  /** Writes what was to take the place of this one, where it was not written yet. */
  finishReplacing(id: string): Promise<void>
  get(id: string): Promise<Grant | null>
  /**
   * Reads, decides and writes by compare-and-set on `revision`, deciding again on each conflict.
   * A `Refusal` writes nothing. Throws if there is no such grant. A copy that was `seen` is tried first and saves a
   * reading: what is decided on it is written only if it is still the newest, and it alone refuses nothing.
   */
  change(
    id: string,
    decide: (grant: Grant, now: Date) => Grant | Refusal,
    seen?: Grant,
  ): Promise<Grant | Refusal>
  /** Grants with `dueAt` up to `before`, the longest due first: but those of some systems, or those of one alone. */
  due(
    before: Date,
    limit: number,
    systems?: { readonly but?: readonly string[]; readonly only?: string },
  ): Promise<DueGrant[]>
  byRequest(requestId: string): Promise<Grant[]>
  openOf(subjectId: string): Promise<Grant[]>
  /** The unfinished grant of this subject on this entitlement in this slot, if any. */
  openFor(query: {
    subjectId: string
    resource: string
    entitlement: string
    slot: string
  }): Promise<Grant | null>
  /** What this subject asked for last, finished or not; windows of a series were not asked for one by one. */
  latestOf(subjectId: string, limit: number): Promise<Grant[]>
  /** The same of what is over alone. */
  latestOver(subjectId: string, limit: number): Promise<Grant[]>
  /** Of the same grants as `latestOf`, what they are of and became: read without the grants themselves. */
  latestRowsOf(subjectId: string, limit: number): Promise<LatestRow[]>
  /** Ids of the submissions that this person made since then, for themselves or for others. */
  requestsSince(requesterId: string, since: Date): Promise<string[]>
  /** What is or may be held, or waits for its start: for the look at whether it would be given now. */
  held(): Promise<HeldRow[]>
  /**
   * What is held on devices that are fit; with `isAll: false`, only that for which they have to be heard of again before
   * its end.
   */
  heldOnFit(which: { isAll: boolean }): Promise<FitRow[]>
  /** What is held by these people, or is being given to them. */
  heldOf(subjectIds: readonly string[]): Promise<Grant[]>
  /**
   * What was cut as a device was not fit, and would be held still: of what was asked for, as whatever is held by rule is
   * given anew by itself, and of that what did not go on already; with `of`, of these people alone.
   */
  cut(now: Date, of?: readonly string[]): Promise<CutRow[]>
  /** What is held by rules and not finished; with `of`, by these people alone. */
  standing(of?: readonly string[]): Promise<StandingRow[]>
  /** Standing grants that could not be given and ended since then, the newest first; with `of`, of these people alone. */
  standingFailed(since: Date, of?: readonly string[]): Promise<FailedRow[]>
  /** Those that ended since then as a device was not fit. */
  standingCut(since: Date, of?: readonly string[]): Promise<FailedRow[]>
  /** Requests that wait for an answer, the oldest first. */
  pending(limit: number): Promise<Pending[]>
  /** Those that Slack does not show at their newest revision; in the order of their ids after this one, where one is given. */
  unshown(limit: number, after?: string): Promise<readonly Pick<Grant, 'id' | 'revision'>[]>
  /** Slack shows this revision now. False, and nothing noted, where the grant moved on. */
  shown(id: string, revision: number): Promise<boolean>
  /**
   * Calls back soon after any write of this process, with what the grant was before, null where it is new; a hint, never
   * the only way to learn of it.
   */
  onChange(listener: GrantListener): () => void
}

export type GrantListener = (grant: Grant, before: Grant | null) => void

export interface Inserted {
  readonly outcome: 'inserted' | 'exists' | 'open'
  readonly grant: Grant
}

/** What a look at everybody needs of a standing grant. */
export interface StandingRow {
  readonly id: string
  readonly status: Grant['status']
  readonly subjectId: string
  readonly resource: string
  readonly entitlement: string
  readonly principal: string
  readonly canonical: string
}

/** A standing grant that could not be given, and why. */
export interface FailedRow extends StandingRow {
  readonly name: string
  readonly endedAt: Date
  readonly why: string
}

/** What a look at what was cut needs of a grant. */
export type CutRow = Pick<
  Ended,
  'id' | 'subject' | 'resource' | 'entitlement' | 'device' | 'endsAt' | 'endedAt'
>

/** What a look at everything that is held needs of a grant. */
export interface HeldRow extends ApprovedWish {
  readonly id: string
  readonly status: 'waiting' | 'recurring' | 'granting' | 'active'
  readonly subject: PersonRef
  /** When it is given next, where it is not held yet. */
  readonly opensAt: Date | null
  /** By which rule about devices it was judged last. */
  readonly posture: Pick<Posture, 'rule'> | null
}

/** What a look at what a silence would take needs of a grant. */
export interface FitRow {
  readonly subjectId: string
  readonly resource: Grant['resource']
  readonly entitlement: Grant['entitlement']
  /** Null: on all of theirs. */
  readonly deviceId: string | null
  readonly endsAt: Date
}

export interface DueGrant {
  readonly id: string
  readonly status: Grant['status']
  readonly system: string
  readonly dueAt: Date
  /** Null where it has none, or none yet. */
  readonly endsAt: Date | null
}

export const pairOf = (row: { subjectId: string; resource: string; entitlement: string }): string =>
  `${row.subjectId} ${row.resource}/${row.entitlement}`

/** What somebody asked for, by ids, and what became of it. */
export interface LatestRow {
  readonly resource: string
  readonly entitlement: string
  readonly requestedAt: Date
  readonly status: Grant['status']
}
