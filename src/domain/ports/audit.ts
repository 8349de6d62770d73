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
  /** Removes the links up to this one. Resolves with how many there were. */
  removeUpTo(number: number): Promise<number>
  /** The first that happened then or later, wherever it stands: histories may be recorded long after they happened. */
  firstSince(instant: Date): Promise<number | null>
  /** All of these grants, in order, each with the mark of the link before it. */
  ofGrants(grantIds: readonly string[]): Promise<readonly WithBefore[]>
  /** What stands at these numbers, in order. */
  numbered(numbers: readonly number[]): Promise<readonly WithBefore[]>
}

/** A link, and what it takes to tell whether it is as it was written. */
export interface WithBefore {
  readonly link: Link | Unreadable
  /** The mark of the link before it; empty where there is none. */
  readonly before: string
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
  /** Of some of these there is more, which is told once this is recorded: they are asked for from the first on then. */
  readonly hasMore: boolean
  /** All of these are in the chain. What happened since waits still. */
  recorded(): Promise<void>
}

/** With whom it names, for the index of that. */
export interface Naming extends Recordable {
  readonly names: Iterable<string>
}

/** Of one thing to which something happened, in order. */
export interface Waiting {
  readonly entries: readonly Naming[]
  /** What these entries say of who holds it. */
  readonly holdings: readonly HoldingNews[]
}

/** Who held what when, drawn from the record as it grows. */
export interface HoldingStore extends Drawn {
  /** Noting the same again changes nothing. */
  note(news: readonly HoldingNews[]): Promise<void>
  /**
   * What an older version noted is found as fast as the rest from then on: some of it, from the one after. Resolves with
   * the last that was looked at; null: none is left. May be begun anew, and at two places at once.
   */
  adopt(after: string): Promise<string | null>
  /** Who held it at that instant, the longest first. */
  at(what: { resource: string; entitlement: string }, instant: Date): Promise<HoldingsFound>
  /** Which of these grants it does not have as these news say. */
  differing(news: readonly HoldingNews[]): Promise<HoldingsDiffering>
  /** Whatever was ever held, in order. */
  what(): Promise<readonly { resource: string; entitlement: string }[]>
  /** Who held it at any time from the first to the last instant, some at once. */
  during(
    what: { resource: string; entitlement: string },
    span: { first: Date; last: Date },
    atOnce: number,
  ): AsyncIterable<HoldingsFound>
}

export interface HoldingsDiffering {
  /** Of these it says otherwise, nothing that can be read, or so that it is not found. */
  readonly otherwise: readonly string[]
  /** Of these it has the end alone: that is right where nobody knows them to have been given, and hides them else. */
  readonly endAlone: readonly string[]
}

export interface HoldingsFound {
  readonly those: readonly Holding[]
  /** So many more stand among them that cannot be read. */
  readonly unreadable: number
}

/** Who is named by which entry, drawn from the record as it grows; what they are called: `namedIn`. */
/** Something that is drawn from the record, beside it. */
export interface Drawn {
  /** Forgets what was drawn from these, and says nothing of what stays. Forgetting the same again changes nothing. */
  forget(links: readonly Link[]): Promise<void>
}

export interface NamedStore extends Drawn {
  /** Up to which entry it was drawn; 0: nothing was yet. */
  upTo(): Promise<number>
  /**
   * All that is named by the entries after the one up to the other. Noting the same again changes nothing. How far the
   * index goes is written last, and only where it went as far as `after`: whoever dies before leaves nothing out.
   */
  note(named: readonly Named[], span: { readonly after: number; readonly upTo: number }): Promise<void>
  /** Which entries name one of these, from the one after, in order, at most so many. */
  entriesOf(keys: Iterable<string>, after: number, most: number): Promise<readonly number[]>
}

export interface Named {
  readonly key: string
  readonly number: number
}
