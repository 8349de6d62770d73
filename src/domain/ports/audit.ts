import type { Checkpoint } from '../audit/checkpoint.ts'
import type { ChainEnd, Link, Recordable, Unreadable } from '../audit/chain.ts'
import type { Holding, HoldingNews } from '../audit/holding.ts'

/** The chain as it is stored. Appended to by one process at a time, and by two at once without harm. */
export interface ChainStore {
  /** Where it ends now. Rejects where what stands there is no link. */
  end(): Promise<ChainEnd>
  /** Which of these sources are in it already, and what is said there. */
  known(sources: readonly string[]): Promise<ReadonlyMap<string, string>>
  /**
   * In their order, each once it is on a majority. False where another process appended since, or the source of one stands
   * there already: what comes before that one was appended, and nothing more.
   */
  append(links: readonly Link[]): Promise<boolean>
  /** What stands after this number, in order, at most so many. */
  after(number: number, most: number): Promise<readonly (Link | Unreadable)[]>
  /** What stands beside it, among numbers that no link can have: some of them, as they are called. */
  beside(most: number): Promise<readonly string[]>
  /** When the first link that is there happened; null: there is none, or that is no link. */
  oldestAt(): Promise<Date | null>
  /** What stands where it begins, as it is stored; null: it begins with its first link. */
  base(): Promise<unknown>
  /** From now on it begins after this one; false: it does already, or later. */
  beginAfter(base: Checkpoint): Promise<boolean>
  /** Removes the links up to this one, some thousand at a time. Resolves with how many there were. */
  removeUpTo(number: number): Promise<number>
  /** The first that happened then or later, wherever it stands: histories may be recorded long after they happened. */
  firstSince(instant: Date): Promise<number | null>
  /** All of one grant, in order, and each with the mark of the link before it. */
  ofGrant(grantId: string): Promise<readonly { readonly link: Link | Unreadable; readonly before: string }[]>
}

/** What happened and is in no chain yet, where it happened. */
export interface ToRecord {
  /** What was written before there was a chain waits from now on too. */
  adopt(): Promise<void>
  /** Some of it, by ids from the one after. What cannot be read hides no other, and waits. */
  waiting(after: string | null, most: number): Promise<WaitingPage>
}

export interface WaitingPage {
  readonly those: readonly Waiting[]
  /** The id of the last that was looked at; null where there are no more. */
  readonly last: string | null
  /** All of these are in the chain. What happened since waits still. */
  recorded(): Promise<void>
}

/** Of one thing to which something happened, in order. */
export interface Waiting {
  readonly entries: readonly Recordable[]
  /** What these entries say of who holds it. */
  readonly holdings: readonly HoldingNews[]
}

/** Who held what when, drawn from the record as it grows. */
export interface HoldingStore {
  /** Noting the same again changes nothing. */
  note(news: readonly HoldingNews[]): Promise<void>
  /** Who held it at that instant, the longest first. */
  at(what: { resource: string; entitlement: string }, instant: Date): Promise<readonly Holding[]>
}
