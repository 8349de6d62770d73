import type { HoldKey } from '../domain/hold.ts'
import { at } from '../who/words.ts'
import type { RecordState, Reviewable } from './access-review.ts'
import type { Span } from './span.ts'

/** What stands at the head of a report, whatever it is written as. */
export interface ReviewHead {
  readonly span: Span
  readonly madeAt: Date
  readonly state: RecordState
}

/** How a report is written: some text for each part of it. */
export interface ReviewFormat {
  head(head: ReviewHead): string | Promise<string>
  /** A few rows at a time: there may be many. */
  entitlement(one: Reviewable): Iterable<string | Promise<string>>
  /** Access that is no grant's, with an admin's word. */
  accepted(one: AcceptedAccess): string | Promise<string>
  end(totals: ReviewTotals): string | Promise<string>
}

export interface AcceptedAccess extends HoldKey {
  readonly at: Date
  readonly until: Date
  /** By their name, where they are one of ours. */
  readonly by: string
  /** `before`: that was said before the record begins, of which it has nothing any more. */
  readonly bornOut: 'yes' | 'no' | 'before'
}

export interface ReviewTotals {
  readonly rows: number
  readonly unproven: number
  /** What stands beside the record and cannot be read. */
  readonly unreadable: number
  /** Of that time entries were removed, as they were too old: that nobody held something cannot be told. */
  readonly isCut: boolean
  readonly unheld: readonly { readonly resource: string; readonly entitlement: string }[]
}

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000]

/** `3 d 4 h`, `2 h 5 min`, `12 min`. */
export function lengthWords(ms: number): string {
  const roundMs = Math.round(ms / MINUTE_MS) * MINUTE_MS
  const [days, hours] = [Math.floor(roundMs / DAY_MS), Math.floor((roundMs % DAY_MS) / HOUR_MS)]
  const minutes = (roundMs % HOUR_MS) / MINUTE_MS
  const parts = days > 0 ? [`${days} d`, `${hours} h`] : [`${hours} h`, `${minutes} min`]
  return parts.filter((part) => !part.startsWith('0 ')).join(' ') || (ms > 0 ? 'less than a minute' : '0 min')
}

export const unreadableWords = (count: number): string =>
  `of ${count} that stand beside the record nothing can be read: somebody put them there`

const faultPlaces = (wrong: number, keyless: number): string =>
  [
    ...(wrong > 0 ? [`changed, left out or moved at ${wrong} places`] : []),
    ...(keyless > 0 ? [`marked by a key that AUDIT_KEYS has not at ${keyless}`] : []),
  ].join(', ')

/** What can be said of the record that it was drawn from, line by line. */
export function stateLines({ span, madeAt, state }: ReviewHead): string[] {
  const { links, first, last, faultCount, keylessCount, keyIds, misindexed, base } = state
  const range = first && last ? `, from ${at(first.at)} to ${at(last.at)}` : ''
  const keys = keyIds.length === 0 ? 'no key' : `the key${keyIds.length > 1 ? 's' : ''} ${keyIds.join(', ')}`
  return [
    `${at(span.from)} to ${at(span.to)}; what is held still is counted up to ${at(madeAt < span.to ? madeAt : span.to)}`,
    `made ${madeAt.toISOString()}`,
    `by the record of ${links} entries${range}`,
    ...(base === null
      ? []
      : [
          `entries up to ${base.number}, of ${at(new Date(base.at))} and before, were removed as they were too old`,
        ]),
    faultCount === 0
      ? `verified: none of them was changed, left out or moved, by ${keys}`
      : `NOT VERIFIED: ${faultPlaces(faultCount - keylessCount, keylessCount)} (curfew audit verify), by ${keys}`,
    misindexed === 0
      ? 'whole: whatever the record says was given or taken is in the index it was made by'
      : `NOT WHOLE: of ${misindexed} grants that index says otherwise than the record, or nothing`,
    'that nothing was cut off at the end of the record only checkpoints can tell: curfew audit verify --checkpoints',
  ]
}
