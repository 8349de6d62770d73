import type { ChainEnd, Link, Recordable, Unreadable } from '../audit/chain.ts'
import type { Holding, HoldingNews } from '../audit/holding.ts'

/** The chain as it is stored. Appended to by one process at a time, and by two at once without harm. */
export interface ChainStore {
  /** Where it ends now. Rejects where what stands there is no link. */
  end(): Promise<ChainEnd>
  /** Which of these sources are in it already. */
  known(sources: readonly string[]): Promise<ReadonlySet<string>>
  /** In their order, each once it is on a majority. False where another process appended since: nothing more was. */
  append(links: readonly Link[]): Promise<boolean>
  /** What stands after this number, in order, at most so many. */
  after(number: number, most: number): Promise<readonly (Link | Unreadable)[]>
  /** All of one grant, in order, and each with the mark of the link before it. */
  ofGrant(grantId: string): Promise<readonly { readonly link: Link | Unreadable; readonly before: string }[]>
}

/** What happened and is in no chain yet, where it happened. */
export interface ToRecord {
  /** What was written before there was a chain waits from now on too. */
  adopt(): Promise<void>
  /**
   * Some of them, by their ids from the one after; `last`: the id of the last that was looked at, null where there are no
   * more. What cannot be read hides no other, and waits.
   */
  waiting(after: string | null, most: number): Promise<{ those: readonly Waiting[]; last: string | null }>
  /** All of these are in the chain. What happened since waits still. */
  recorded(those: readonly Waiting[]): Promise<void>
}

export interface Waiting {
  readonly id: string
  readonly revision: number
  /** How much of its history is recorded with these. */
  readonly upTo: number
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
