import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isLink } from '../domain/audit/chain.ts'
import { recorded } from '../domain/audit/recorded.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import type { Format } from './formats.ts'

const linksAtOnce = 1_000

/**
 * Writes all entries from that instant on, or all, in the order of the record, as fast as they are read; a page of them is
 * in memory. Resolves with the numbers that are no entries: they are left out.
 */
export async function exportChain(
  chain: Pick<ChainStore, 'from'>,
  out: Writable,
  { format, since }: { format: Format; since: Date | null },
): Promise<number[]> {
  const unreadable: number[] = []
  async function* lines(): AsyncGenerator<string> {
    yield format.head
    for (let next = 1; ;) {
      const page = await chain.from(next, linksAtOnce)
      for (const link of page) {
        const entry = isLink(link) ? recorded.safeParse(parsed(link.text)) : null
        if (!isLink(link) || entry?.success !== true) unreadable.push(link.number)
        else if (since === null || link.at >= since) yield format.line(link, entry.data)
      }
      const last = page.at(-1)
      if (last === undefined || page.length < linksAtOnce) return
      next = last.number + 1
    }
  }
  await pipeline(Readable.from(lines()), out, { end: false })
  return unreadable
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
