import { isLink, type Link, type Unreadable } from '../domain/audit/chain.ts'
import { holdingNews, type HoldingNews } from '../domain/audit/holding.ts'
import { isOfGrant, readRecorded } from '../domain/audit/recorded.ts'

/** Most entries say nothing of who holds what, and need not be read for it. */
const ofHolding = /"type":"(?:given|taken)"/

export interface Numbered {
  readonly number: number
  readonly one: HoldingNews
}

/** What an entry says of who holds what: nothing, or one thing. */
export function newsOf(link: Link | Unreadable): Numbered[] {
  if (!isLink(link) || !ofHolding.test(link.text)) return []
  const entry = readRecorded(link)
  if (entry === null || !isOfGrant(entry)) return []
  const { grantId: id, happened, ...facts } = entry
  const one = holdingNews({ ...facts, id }, happened)
  return one === null ? [] : [{ number: link.number, one }]
}
