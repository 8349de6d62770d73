import type { Target } from '../connector.ts'

/** What systems and grants disagree about, one at most for each resource; whoever looks writes it, all replicas show it. */
export interface DifferenceStore {
  all(): Promise<Difference[]>
  of(resourceId: string): Promise<Difference | null>
  note(found: Difference): Promise<void>
  /** Nothing differs there any more, or the catalog names it no more. */
  forget(resourceId: string): Promise<void>
}

export interface Difference {
  readonly resource: { readonly id: string; readonly name: string }
  readonly channel: string
  /** Changes whenever what differs does: an answer is to this, and to nothing else. */
  readonly mark: string
  readonly foundAt: Date
  readonly places: readonly DifferentPlace[]
}

export interface DifferentPlace {
  readonly system: string
  readonly canonical: string
  readonly target: Target
  /** Which real system was looked at; null: not known, as it was found before that was noted. */
  readonly where: string | null
  /** One of those that give it: whose admins answer, and what people call it. */
  readonly entitlement: { readonly id: string; readonly name: string }
  /** Held without a grant. */
  readonly unexplained: Tally
  /** Granted, and not there. */
  readonly missing: Tally
}

/** Principals: the first of them by name, and how many there are. */
export interface Tally {
  readonly count: number
  readonly first: readonly string[]
}
