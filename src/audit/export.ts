import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isLink, type Link, type Unreadable } from '../domain/audit/chain.ts'
import type { Checkpoint } from '../domain/audit/checkpoint.ts'
import { readRecorded } from '../domain/audit/recorded.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import { beginningOf, type Signer } from '../operations/chain-base.ts'
import type { Format } from './format.ts'

const mostAtOnce = 100
/** In letters as they are written: of long entries fewer are read at a time. */
const pageLength = 200_000
/** Of more that are no entries their number is enough. */
const mostNamed = 20

export interface Exported {
  readonly entries: number
  /** What stands in the place of entries and is none: it is left out. */
  readonly unreadable: { readonly count: number; readonly first: readonly number[] }
  /** Numbers that were not there, between others: removed by somebody, or by the rule while it was written. */
  readonly missing: number
  /** Of the time that was asked for, what stood up to there was removed, as it was too old; null: nothing was. */
  readonly removed: Pick<Checkpoint, 'number' | 'at'> | null
}

/**
 * Writes all entries from that instant on, or all, in the order of the record, as fast as they are read; a page of them is
 * in memory, however many there are. `reached` is called with the last number of each page.
 */
export async function exportChain(
  chain: Pick<ChainStore, 'after' | 'firstSince' | 'base'>,
  out: Writable,
  {
    format,
    since,
    signers,
    reached = () => undefined,
  }: { format: Format; since: Date | null; signers: readonly Signer[]; reached?: (number: number) => void },
): Promise<Exported> {
  const first: number[] = []
  let [entries, count, missing] = [0, 0, 0]

  const written = (link: Link | Unreadable): string => {
    const entry = isLink(link) ? readRecorded(link) : null
    if (!isLink(link) || entry === null) {
      count++
      if (first.length < mostNamed) first.push(link.number)
      return ''
    }
    // Between those of then there may be others that happened before, and were recorded later.
    if (since !== null && link.at < since) return ''
    entries++
    return format.line(link, entry)
  }

  const begins = await beginningOf(chain, signers)

  async function* pages(): AsyncGenerator<string> {
    yield format.head
    let after = await before(chain, since)
    // All of it begins where it was signed to begin, else with its first: what is not there is missing.
    let last: number | null = since === null ? begins.after.number : null
    let linksAtOnce = 25
    while (after !== null) {
      const page = await chain.after(after, linksAtOnce)
      for (const { number } of page) {
        if (last !== null) missing += Math.max(0, Math.ceil(number) - Math.floor(last) - 1)
        last = number
      }
      const text = page.map(written).join('')
      yield text
      linksAtOnce = within(1, (pageLength * page.length) / text.length, mostAtOnce)
      after = page.at(-1)?.number ?? null
      if (after !== null) reached(after)
    }
  }

  await pipeline(Readable.from(pages(), { highWaterMark: 1 }), out, { end: false })
  const { base } = begins
  const isCut = base !== null && since !== null && since <= new Date(base.at)
  return { entries, unreadable: { count, first }, missing, removed: isCut ? base : null }
}

const within = (least: number, wished: number, most: number): number =>
  Math.floor(Math.min(Math.max(least, wished), most))

/** After which number to begin; null: there is nothing. */
async function before(chain: Pick<ChainStore, 'firstSince'>, since: Date | null): Promise<number | null> {
  if (since === null) return 0
  const first = await chain.firstSince(since)
  return first === null ? null : first - 1
}
