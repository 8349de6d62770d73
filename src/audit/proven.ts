import { isDeepStrictEqual } from 'node:util'
import { isAsWritten, isLink, type ChainKey } from '../domain/audit/chain.ts'
import type { Holding } from '../domain/audit/holding.ts'
import { isOfGrant, readRecorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import type { ChainStore, WithBefore } from '../domain/ports/audit.ts'
import { named, why } from '../who/words.ts'

export interface Held extends Holding {
  readonly reason: string
  readonly approvedBy: readonly string[]
  /** What the record says of it stands there as it was written. */
  readonly isProven: boolean
  /** It began before the record does now: of that nobody can say more. */
  readonly isOfBefore: boolean
  /** What of it is as it was written, in order. */
  readonly entries: readonly RecordedOfGrant[]
}

export interface ProvenBy {
  readonly keys: readonly ChainKey[]
  /** Of what happened then or before, entries were removed by age; null: none were. */
  readonly removedUntil: Date | null
}

/** What was drawn from the record beside the record itself, all of it by a few questions. */
export async function proven(
  chain: Pick<ChainStore, 'ofGrants'>,
  by: ProvenBy,
  holdings: readonly Holding[],
): Promise<Held[]> {
  const found = await chain.ofGrants(holdings.map(({ grantId }) => grantId))
  const byGrant = new Map<string, WithBefore[]>()
  for (const one of found) {
    const grantId = grantOf(one.link.source)
    const those = byGrant.get(grantId)
    if (those === undefined) byGrant.set(grantId, [one])
    else those.push(one)
  }
  return holdings.map((holding) => provenOne(holding, byGrant.get(holding.grantId) ?? [], by))
}

/** `grant/g1/0`: of g1. */
const grantOf = (source: string | null): string => source?.split('/').slice(1, -1).join('/') ?? ''

function provenOne(holding: Holding, links: readonly WithBefore[], { keys, removedUntil }: ProvenBy): Held {
  const right = links.flatMap(({ link, before }) =>
    isLink(link) && isAsWritten(link, before, keys) === true ? [link] : [],
  )
  // Only what is as it was written is read.
  const entries = right.flatMap((link) => readRecorded(link) ?? []).filter(isOfGrant)
  const numbers = [...new Set(entries.map(({ index }) => index))].sort((one, other) => one - other)
  const first = numbers[0] ?? 0
  const isWhole = entries.length === links.length && numbers.every((number, i) => number === first + i)
  const isOld = removedUntil !== null && holding.from <= removedUntil
  const isOfBefore = isOld && isWhole && (entries.length === 0 || first > 0)
  return {
    ...holding,
    reason: entries[0]?.reason ?? '',
    approvedBy: entries.flatMap(wordOf),
    isProven: isWhole && first === 0 && isBorneOut(holding, entries),
    isOfBefore,
    entries,
  }
}

/** All of it follows from entries of the record. */
function isBorneOut(holding: Holding, entries: readonly RecordedOfGrant[]): boolean {
  const given = entries.find(({ happened }) => happened.type === 'given')
  const taken = entries.find(({ happened }) => happened.type === 'taken')
  return (
    given !== undefined &&
    given.happened.at.getTime() === holding.from.getTime() &&
    isDeepStrictEqual(given.subject, holding.subject) &&
    given.resource.id === holding.resource.id &&
    given.entitlement.id === holding.entitlement.id &&
    given.principal === holding.principal &&
    (taken?.happened.at.getTime() ?? null) === (holding.until?.getTime() ?? null)
  )
}

function wordOf({ happened }: RecordedOfGrant): string[] {
  switch (happened.type) {
    case 'approved':
      return [named(happened.by)]
    case 'approved-by-rule':
      return [`a rule: ${why(happened.because)}`]
    case 'matched-rule':
      return ['the rule of the entitlement']
    case 'broke-glass':
      return ['nobody: glass was broken']
    case 'confirmed':
      return [`${named(happened.by)}, confirmed`]
    default:
      return []
  }
}
