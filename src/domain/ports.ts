import type { Catalog, Quota } from './catalog.ts'
import type { Connector } from './connector.ts'
import type { Grant, Pending, Review } from './grant.ts'
import type { Hold, HoldKey, Intent, Left } from './hold.ts'
import type { GroupMembers, Known, Person, PersonFacts, PersonRef, SlackIdentity } from './person.ts'
import type { Wish } from './policy.ts'
import type { PreApproval } from './pre-approval.ts'
import type { Refusal } from './refusal.ts'

/**
 * The database's clock, carried between samples by the monotonic clock of this process.
 * `now` is never ahead of the database's: what waits for an instant by it is never early.
 */
export interface Clock {
  now(): Date
  /**
   * False when the last sample is too old to open anything by, or from before the machine was suspended; taking goes on
   * by the best guess.
   */
  isSure(): boolean
  /** Asks the database for the time. Failing leaves the old sample to age. */
  sample(): Promise<void>
  /** Milliseconds since some fixed moment; never goes back, and counts what was slept through as far as that shows. */
  monotonicMs(): number
  sleep(ms: number): Promise<void>
  /** Resolves with false if `ms` pass before `work` settles; rejects as `work` does. */
  within<T>(
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ done: true; value: T } | { done: false }>
}

/** Every store that writes what somebody may have asked for says so right before it does (`aboutToWrite`). */
export interface GrantStore {
  /**
   * Writes a new grant. `exists` when this (requestId, line) was written before: a redelivery.
   * `open` when the subject already has an unfinished grant of this entitlement in the same slot (`slotOf`).
   */
  insert(grant: Grant): Promise<{ outcome: 'inserted' | 'exists' | 'open'; grant: Grant }>
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
  /** Grants with `dueAt` up to `before`, the longest due first, but those of these systems. */
  due(before: Date, limit: number, butSystems?: readonly string[]): Promise<DueGrant[]>
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
  /** Of the same grants as `latestOf`, what they are of and became: read without the grants themselves. */
  latestRowsOf(subjectId: string, limit: number): Promise<LatestRow[]>
  /** Ids of the submissions that this person made since then, for themselves or for others. */
  requestsSince(requesterId: string, since: Date): Promise<string[]>
  /** What is or may be held, or waits for its start: for the look at whether it would be given now. */
  held(): Promise<HeldRow[]>
  /** What is held by rules and not finished. */
  standing(): Promise<StandingRow[]>
  /** Standing grants that could not be given and ended since then, the newest first. */
  standingFailed(since: Date): Promise<FailedRow[]>
  /** What people asked for since then, the oldest first, of more than `limit` the newest: for looking back, not for deciding. */
  askedSince(since: Date, limit: number): Promise<AskedRow[]>
  /** Of what people asked for: what was asked, answered or closed in this time, and what waits still, the oldest first; of more than 20,000 of one kind not all. */
  askedOrAnswered(within: { from: Date; to: Date }): Promise<AskedRow[]>
  /** When something was last asked for or held, for each entitlement that ever was. Reads what is open, and little of each entitlement. */
  lastUses(): Promise<LastUse[]>
  /** Requests that wait for an answer, the oldest first. */
  pending(limit: number): Promise<Pending[]>
  /** Every unfinished grant that was approved: what is or may be held. */
  owed(): Promise<Grant[]>
  /** Debts that were said aloud and are not settled yet. */
  late(): Promise<Grant[]>
  unshown(limit: number): Promise<Grant[]>
  /** Slack shows this revision now; a no-op if the grant moved on. */
  shown(id: string, revision: number): Promise<void>
  /** Calls back soon after any write of this process; a hint, never the only way to learn of it. */
  onChange(listener: (grant: Grant) => void): () => void
}

/** What somebody asked for, by ids, and what became of it. */
export interface LatestRow {
  readonly resource: string
  readonly entitlement: string
  readonly requestedAt: Date
  readonly status: Grant['status']
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
}

export interface LastUse {
  readonly resource: string
  readonly entitlement: string
  readonly at: Date
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

/** What a look at everything that is held needs of a grant. */
export interface HeldRow extends Wish {
  readonly id: string
  readonly status: 'waiting' | 'recurring' | 'granting' | 'active'
  readonly subject: PersonRef
  /** When it is given next, where it is not held yet. */
  readonly opensAt: Date | null
}

export const pairOf = (row: { subjectId: string; resource: string; entitlement: string }): string =>
  `${row.subjectId} ${row.resource}/${row.entitlement}`

export interface DueGrant {
  readonly id: string
  readonly status: Grant['status']
  readonly system: string
  readonly dueAt: Date
}

export interface HoldWrite {
  /** Which real system the claims are on. */
  where?: string
  claim?: { grantId: string; end: Date }
  /** Removes this grant's claim, and remembers what it left. */
  unclaim?: Left
  heldBefore?: boolean
  call?: Hold['call']
  intent?: Intent
  /** Starts or prolongs watching; once something was given, that is not forgotten until watching ends. */
  watch?: { gave: boolean; forMs: number }
  /** Stops watching and looking, unless somebody prolonged the watch that was seen (null: there was none). */
  unwatch?: { seen: Date | null }
  /** When the sweep looks again. */
  dueInMs?: number
  /** The lease ends this long from the write, by the database's clock; 0 releases it. */
  keepMs?: number
}

export interface HoldStore {
  /** Takes the lease, making the hold where there is none, and raises `token`; or says until when somebody has it. */
  lease(
    key: HoldKey & { target: Hold['target'] },
    forMs: number,
  ): Promise<{ taken: true; hold: Hold } | { taken: false; until: Date }>
  /** Null, and nothing written, when the token is no longer the newest. */
  write(key: HoldKey, token: number, change: HoldWrite): Promise<Hold | null>
  /** For whoever lost the token after sending a call: not conditional on it. */
  watch(key: HoldKey, watch: { gave: boolean; forMs: number }): Promise<void>
  due(before: Date, limit: number, butSystems?: readonly string[]): Promise<Hold[]>
  get(key: HoldKey): Promise<Hold | null>
  /** Systems on which anything is claimed or watched, and where each was when that was given. */
  placesInUse(): Promise<Map<string, string[]>>
}

/** How often rules approved by themselves. */
export interface QuotaStore {
  /**
   * Notes that this grant uses it, unless so many others did within the quota's time: true when it is noted. Never more
   * than the quota, however many ask at once; the same grant again is the same use.
   */
  use(key: string, grantId: string, quota: Quota): Promise<boolean>
  /** What was noted for a grant that was not made after all. */
  giveBack(key: string, grantId: string): Promise<void>
  /** How many uses are left now. */
  left(key: string, quota: Quota): Promise<number>
}

export interface PreApprovalStore {
  /** Writes it; the same id again changes nothing. */
  insert(made: PreApproval): Promise<void>
  get(id: string): Promise<PreApproval | null>
  /** Those of this person that run now, the oldest first. */
  forSubject(subjectId: string, now: Date): Promise<PreApproval[]>
  byApprover(approverId: string, now: Date): Promise<PreApproval[]>
  /** Everybody's that run now. */
  running(now: Date): Promise<PreApproval[]>
  /** From now on it answers nothing; by null: whoever gave it, or whom it is for, left. Stopped twice, the first counts. */
  stop(id: string, by: PersonRef | null, at: Date): Promise<PreApproval | null>
}

export interface PeopleStore {
  /** The person linked to this Slack identity, made when first seen; name and e-mail follow what is said of them. */
  seen(slack: SlackIdentity, profile: { name: string; email?: string | null }): Promise<Person>
  /** Whoever was seen with this Slack id last; null where nobody was. */
  bySlackUser(userId: string): Promise<Person | null>
}

export interface Everybody {
  readonly people: readonly PersonFacts[]
  /** Somebody is missing who may be here: their record cannot be read. */
  readonly isSomebodyUnread: boolean
}

/** What Slack knows of people and groups. Answers are at most 60 s old; what cannot be read is unknown. */
export interface Directory {
  facts(slack: SlackIdentity): Promise<Known<PersonFacts>>
  /** Asked of Slack now, within 2 s: for the moment before giving. */
  freshFacts(slack: SlackIdentity): Promise<Known<PersonFacts>>
  /** Everybody of the workspace, those who left too. At most so old, or as old as the time that Slack took to list them. */
  everyone(maxAgeMs?: number): Promise<Known<Everybody>>
  /** Slack ids of these people (e-mails or ids) as far as there are such; unknown when one cannot be looked up now. */
  idsOf(people: readonly string[]): Promise<Known<readonly string[]>>
  /** Groups may have changed: what was remembered of them counts no longer. */
  groupsChanged(): void
  /** Members (Slack user ids) of these groups, by handle. */
  groups(handles: readonly string[]): Promise<(handle: string) => GroupMembers>
}

/** When each job that replicas share last ran through, whoever ran it: by the database's clock. */
export interface TickStore {
  note(job: string): Promise<void>
  /** How long ago, in ms; `Infinity` where it never did, or is noted in the future. */
  agesMs(): Promise<(job: string) => number>
}

/** Which replicas run, and by which catalog. */
export interface ReplicaStore {
  say(id: string, catalog: string): Promise<void>
  /** Those that said so within this time, by the database's clock. */
  heard(withinMs: number): Promise<{ id: string; catalog: string }[]>
  leave(id: string): Promise<void>
}

/** So many people would lose something at once that an admin says first whether that is meant. */
export interface MassLoss {
  readonly resource: { readonly id: string; readonly name: string }
  readonly entitlement: { readonly id: string; readonly name: string }
  readonly channel: string
  /** Changes whenever the people do: a yes is for these, on this, and no others. */
  readonly mark: string
  readonly count: number
}

/** What waits for an admin's word, one at most for each entitlement; whoever looks writes it, all replicas show it. */
export interface LossStore {
  all(): Promise<(MassLoss & { readonly isConfirmed: boolean })[]>
  /** Notes what was just found; true where an admin said yes to exactly this. */
  note(found: MassLoss): Promise<boolean>
  /** An admin's yes to what carries this mark; false where the people are others by now. */
  confirm(loss: Pick<MassLoss, 'mark'> & { resource: string; entitlement: string }): Promise<boolean>
  /** Forgets what is there and not among `found`, unless somebody noted it within `quietMs`: they may know more. */
  forgetBut(found: readonly MassLoss[], quietMs: number): Promise<void>
}

export interface OpenSystem {
  readonly connector: Connector
  readonly timeoutMs: number
}

export type Systems = (id: string) => OpenSystem | null
export type CurrentCatalog = () => Catalog

export interface Log {
  error(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  debug(message: string, fields?: Record<string, unknown>): void
}

/** A message that pictures a request, and what it shows now. */
export interface Surface {
  /** Which picture of which request: `card:…`, `dm:…`. */
  readonly key: string
  readonly requestId: string
  /** Where it was posted; null while it never was. */
  readonly channel: string | null
  readonly ts: string | null
  /** A mark of the content that Slack accepted last; null: must be sent again. */
  readonly shows: string | null
  /** Why it can't be shown there at all, such as `is_archived`. */
  readonly failure: string | null
  readonly tries: number
  /** To be looked at again although no grant changed. */
  readonly needsLook: boolean
}

export interface SurfaceStore {
  of(requestId: string): Promise<Surface[]>
  byMessage(channel: string, ts: string): Promise<Surface | null>
  /**
   * Takes this row for a while, making it where there is none; null while another process has it.
   * A crash in between costs at most one repeated message.
   */
  lease(key: string, requestId: string, forMs: number): Promise<Surface | null>
  /** Writes what Slack shows now, and gives the row back. */
  save(key: string, shown: Partial<Omit<Surface, 'key' | 'requestId'>>): Promise<void>
  needingLook(limit: number): Promise<Surface[]>
  /** Slack asked every replica to leave this method alone for a while. */
  pause(method: string, forMs: number): Promise<void>
  /** Methods that are paused now, with how long still in ms. */
  pauses(): Promise<ReadonlyMap<string, number>>
}
