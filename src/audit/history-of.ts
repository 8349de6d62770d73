import {
  ChainWalk,
  isAsWritten,
  isLink,
  type ChainEnd,
  type ChainKey,
  type Link,
} from '../domain/audit/chain.ts'
import { partsIn, type Keys } from '../domain/audit/named-in.ts'
import { readRecorded, type Recorded } from '../domain/audit/recorded.ts'
import type { ChainStore, NamedStore } from '../domain/ports/audit.ts'

const entriesAtOnce = 500
const linksAtOnce = 5_000

/** An entry that concerns somebody. */
export interface Told {
  readonly number: number
  /** Null: it cannot be read, or does not stand there. */
  readonly link: Link | null
  readonly entry: Recorded | null
  /** As what they are named in it. */
  readonly parts: readonly string[]
  /** It stands in the record as it was written, and names them. */
  readonly isProven: boolean
  /** The key by which it is marked, where that is not there: then nobody can tell. */
  readonly lacksKey: string | null
}

export interface HistoryAsked {
  readonly chain: Pick<ChainStore, 'after' | 'numbered'>
  readonly named: NamedStore
  readonly keys: readonly ChainKey[]
  /** The record begins after this one: what was before was removed by age. */
  readonly begins: ChainEnd
  readonly whom: Keys
}

/** By the index of who is named where: no more is read than concerns them. */
export async function* byIndex({ chain, named, keys, begins, whom }: HistoryAsked): AsyncGenerator<Told> {
  for (let after = begins.number; ;) {
    const numbers = await named.entriesOf(whom, after, entriesAtOnce)
    const last = numbers.at(-1)
    if (last === undefined) return
    const found = await chain.numbered(numbers)
    const known = new Map(found.map((one) => [one.link.number, one]))
    for (const number of numbers) {
      const one = known.get(number)
      const link = one !== undefined && isLink(one.link) ? one.link : null
      const isRight = one !== undefined && link !== null && isAsWritten(link, one.before, keys)
      yield toldOf(number, link, isRight, whom)
    }
    after = last
  }
}

export interface Walked {
  /** Entries of the record that are not as they were written, or missing. */
  faults: number
  /** Entries that name them and are not in the index, though it was drawn as far. */
  unindexed: number
}

/** By the record itself, from its beginning to its end: also what somebody removed from the index. Fills `walked`. */
export async function* byWalk(
  { chain, named, keys, begins, whom }: HistoryAsked,
  walked: Walked,
): AsyncGenerator<Told> {
  const walk = new ChainWalk(keys, begins)
  const upTo = await named.upTo()
  for (let after = begins.number; ;) {
    const page = await chain.after(after, linksAtOnce)
    const last = page.at(-1)
    if (last === undefined) return
    const indexed = new Set(await named.entriesOf(whom, after, linksAtOnce))
    for (const link of page) {
      const found = walk.step(link)
      const faults = found.filter(({ kind }) => kind !== 'unknown-key')
      walked.faults += faults.length
      if (!isLink(link)) continue
      const isRight = faults.length === 0 && (found.length === 0 || null)
      const told = toldOf(link.number, link, isRight, whom)
      if (told.parts.length === 0) continue
      if (link.number <= upTo && !indexed.has(link.number)) walked.unindexed++
      yield told
    }
    after = last.number
  }
}

/** `isRight` null: that cannot be told. */
function toldOf(number: number, link: Link | null, isRight: boolean | null, whom: Keys): Told {
  const entry = link === null ? null : readRecorded(link)
  const parts = entry === null ? [] : partsIn(entry, whom)
  const lacksKey = isRight === null && link !== null ? link.keyId : null
  return { number, link, entry, parts, isProven: isRight === true && parts.length > 0, lacksKey }
}
