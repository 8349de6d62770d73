import type { Entitlement } from '../catalog.ts'
import type { Status } from '../grant.ts'
import type { PersonRef } from '../person.ts'

/** An entitlement. */
type What = Pick<Entitlement, 'id'> & { readonly resource: Pick<Entitlement['resource'], 'id'> }

/** Who holds what and who held it lately, looked at to be shown: nothing is decided by it. */
export interface GrantUsage {
  /** Whoever holds this now, or may: what is being given, and what is being taken back. */
  holdersOf(what: What): Promise<HolderRow[]>
  /** How much each person holds now, or may: none of whoever holds nothing. */
  holdsByPerson(): Promise<ReadonlyMap<string, number>>
  /** Each person of whom a grant of one of these was held at any time since then. */
  heldSince(since: Date, of: readonly What[]): Promise<HeldPair[]>
  /** When a grant of this was last held and is over, and when one was first asked for; null: never, as far as is recorded. */
  pastOf(what: What): Promise<{ readonly lastHeldAt: Date | null; readonly firstAskedAt: Date | null }>
  /** When the first of what is recorded was asked for; null: nothing was. */
  recordedSince(): Promise<Date | null>
}

export interface HolderRow {
  readonly id: string
  readonly person: PersonRef
  readonly status: Extract<Status, 'granting' | 'active' | 'revoking'>
  /** Of what is held by rule: how long at most if Curfew were never heard of again. */
  readonly endsAt: Date
  readonly isStanding: boolean
}

export interface HeldPair {
  readonly personId: string
  readonly resource: string
  readonly entitlement: string
  /** Not, or not only, by rule. */
  readonly isAskedFor: boolean
}
