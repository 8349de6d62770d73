import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isLink } from '../domain/audit/chain.ts'
import { readRecorded } from '../domain/audit/recorded.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import type { Format } from './formats.ts'

const linksAtOnce = 1_000

/**
 * Writes all entries from that instant on, or all, in the order of the record, as fast as they are read; a page of them is
 * in memory. Resolves with the numbers that are no entries: they are left out.
 */
export async function exportChain(
  chain: Pick<ChainStore, 'after'>,
  out: Writable,
  { format, since }: { format: Format; since: Date | null },
): Promise<number[]> {
  const unreadable: number[] = []
  async function* lines(): AsyncGenerator<string> {
    yield format.head
    for (let after = 0; ;) {
      const page = await chain.after(after, linksAtOnce)
      for (const link of page) {
        const entry = isLink(link) ? readRecorded(link) : null
        if (!isLink(link) || entry === null) unreadable.push(link.number)
        else if (since === null || link.at >= since) yield format.line(link, entry)
      }
      const last = page.at(-1)
      if (last === undefined) return
      after = last.number
    }
  }
  await pipeline(Readable.from(lines()), out, { end: false })
  return unreadable
}
