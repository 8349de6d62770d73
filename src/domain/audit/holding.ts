import type { Grant } from '../grant.ts'
import type { Happened } from '../happened.ts'
import type { GrantFacts } from './recorded.ts'

/** From when until when somebody held something, as the record says: what is asked again and again, found at once. */
export interface Holding {
  readonly grantId: string
  readonly resource: Grant['resource']
  readonly entitlement: Grant['entitlement']
  readonly system: string
  readonly principal: string | null
  readonly subject: Grant['subject']
  readonly from: Date
  /** Null: it is held still, or nobody can say that it is gone. */
  readonly until: Date | null
}

/** What an entry says of a holding. */
export type HoldingNews =
  | { readonly what: 'from'; readonly holding: Omit<Holding, 'until'> }
  | {
      readonly what: 'until'
      readonly grantId: string
      readonly until: Date
      /** When what was taken had been given, by the same history; null: nobody knows. */
      readonly from: Date | null
    }

export const grantIdOf = (one: HoldingNews): string =>
  one.what === 'from' ? one.holding.grantId : one.grantId

/** What a part of a grant's history says, in order. `givenAt`: when it was given before that, as far as it is known. */
export function holdingNewsOf(
  grant: GrantFacts,
  entries: readonly Happened[],
  givenAt: Date | null,
): HoldingNews[] {
  let from = givenAt
  return entries.flatMap((entry) => {
    if (entry.type === 'given') from = entry.at
    return holdingNews(grant, entry, from) ?? []
  })
}

/** Null: nobody holds more or less by it. */
export function holdingNews(
  grant: GrantFacts,
  entry: Happened,
  from: Date | null = null,
): HoldingNews | null {
  const { id: grantId, resource, entitlement, system, principal, subject } = grant
  switch (entry.type) {
    case 'given':
      return {
        what: 'from',
        holding: { grantId, resource, entitlement, system, principal, subject, from: entry.at },
      }
    case 'taken':
      return { what: 'until', grantId, until: entry.at, from }
    default:
      return null
  }
}
