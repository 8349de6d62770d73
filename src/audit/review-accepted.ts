import type { Connection } from 'mongoose'
import type { Actor } from '../domain/audit/act.ts'
import { acceptedDuring } from '../mongo/accepted-during.ts'
import { mongoPeople } from '../mongo/people.ts'
import { removedUntil } from '../operations/chain-base.ts'
import { named, onOneLine } from '../who/words.ts'
import type { AcceptedAct, RecordState } from './access-review.ts'
import type { AcceptedAccess } from './review-words.ts'

interface Accepting {
  readonly accepted: readonly AcceptedAccess[]
  /** So many more stand beside the record that cannot be read. */
  readonly unreadable: number
}

/**
 * What admins found fine at any time of that span, each word by its entry of the record; and what stands in the database as
 * found fine, of which the record has no such word.
 */
export async function acceptedIn(
  connection: Connection,
  { accepted, base }: Pick<RecordState, 'accepted' | 'base'>,
  span: { readonly first: Date; readonly last: Date },
): Promise<Accepting> {
  const cutAt = removedUntil(base)
  const known = new Set(accepted.map(keyOf))
  const all: AcceptedAccess[] = accepted
    .filter(({ at, until }) => at <= span.last && until > span.first)
    .map((one) => ({ ...one, by: actorName(one.by), bornOut: 'yes' }))
  let unreadable = 0
  for await (const one of acceptedDuring(connection, span)) {
    if (one === null) unreadable++
    else if (!known.has(keyOf(one))) {
      const isOld = cutAt !== null && one.at <= cutAt
      all.push({ ...one, by: await personName(connection, one.by), bornOut: isOld ? 'before' : 'no' })
    }
  }
  return { accepted: all.sort(byPlace), unreadable }
}

/** The same word, of the same until the same instant. */
const keyOf = ({ system, canonical, principal, until }: Omit<AcceptedAct, 'by' | 'at'>): string =>
  JSON.stringify([system, canonical, principal, until])

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
const byPlace = (one: AcceptedAccess, other: AcceptedAccess): number =>
  byText(one.system, other.system) ||
  byText(one.canonical, other.canonical) ||
  one.at.getTime() - other.at.getTime()

function actorName(by: Actor): string {
  if ('slack' in by) return named(by)
  if ('operator' in by) return onOneLine(by.operator)
  return 'source' in by ? onOneLine(by.source) : 'Curfew'
}

/** A machine by what it is called: `cli:ops`. */
async function personName(connection: Connection, id: string): Promise<string> {
  const [person] = await mongoPeople(connection).byIds([id])
  return person === undefined ? id : named(person)
}
