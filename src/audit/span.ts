import { instantOf } from './instant.ts'

/** From the first instant to right before the last. */
export interface Span {
  readonly from: Date
  readonly to: Date
  /** As whoever asked said it. */
  readonly name: string
}

const quarterly = /^(\d{4})-?Q([1-4])$/i

/** `2026-Q4`, of UTC; null: it names none. */
export function quarterOf(text: string): Span | null {
  const [, year, quarter] = quarterly.exec(text) ?? []
  if (year === undefined || quarter === undefined) return null
  const month = (Number(quarter) - 1) * 3
  const [from, to] = [month, month + 3].map((at) => new Date(Date.UTC(Number(year), at, 1)))
  return from === undefined || to === undefined ? null : { from, to, name: `${year}-Q${quarter}` }
}

/** Days, of UTC, or instants; null: they name no time, or none that goes on. */
export function spanOf(first: string, last: string): Span | null {
  const [from, to] = [first, last].map((text) =>
    instantOf(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text),
  )
  return from && to && from < to ? { from, to, name: `${first} to ${last}` } : null
}
