import type { ChainEnd, Link, Unreadable } from '../audit/chain.ts'
import type { Position } from '../audit/position.ts'

/** The chain does not go on from where a receiver has it: it was cut, or another was put in its place. */
export interface WentBack {
  readonly kind: 'went-back'
  /** What the receiver was sent last, and is not there any more. */
  readonly had: ChainEnd
  /** What comes after this number is sent again, as it is now. */
  readonly from: number
}

/** What is sent on: what stands in the chain, in its order, and what must be known of the chain as a whole. */
export type ToForward = Link | Unreadable | WentBack

export const isWord = (one: ToForward): one is WentBack => 'kind' in one

/** Somewhere else where the record is kept too. */
export interface Receiver {
  /**
   * Resolves once it has all of these, as far as that can be known. Rejects where it may not, and within some seconds where
   * it does not answer: it may have some of them all the same.
   */
  take(those: readonly ToForward[]): Promise<void>
}

/** A position, and which version of it: it is written only over the one that was read. */
export interface Kept {
  readonly position: Position
  readonly revision: number
}

/** Up to where each place has the chain. */
export interface PositionStore {
  /** Null: nothing was sent there yet. Rejects where what is stored there is none. */
  at(place: string): Promise<Kept | null>
  /** It is sent to again, from where it stands. */
  takeUp(place: string): Promise<void>
  /** Of the place that was sent to last, or taken up; null: nothing was sent anywhere. */
  latest(): Promise<Position | null>
  /** The first of this place; the one that is there where somebody else was first. */
  begin(place: string, position: Position): Promise<Kept>
  /** On a majority once it resolves. Null: another process moved it since. */
  move(place: string, from: Kept, to: Position): Promise<Kept | null>
}
