import { isLink, type Link } from '../../domain/audit/chain.ts'
import { namedIn } from '../../domain/audit/named-in.ts'
import { readRecorded } from '../../domain/audit/recorded.ts'
import type { ChainStore, Named, NamedStore } from '../../domain/ports/audit.ts'

const linksAtOnce = 1_000
/** Of a long record that was made before there was this index, so much at each run. */
const mostPages = 10

/**
 * Notes who is named by what was just appended. How far the index goes moves only where these come next: what another
 * process appended and died before it noted is left to `catchUp`.
 */
export async function indexAppended(
  named: Pick<NamedStore, 'note'>,
  { links, names }: { links: readonly Link[]; names: readonly Named[] },
): Promise<void> {
  const [first, last] = [links[0], links.at(-1)]
  if (first === undefined || last === undefined) return
  await named.note(names, { after: first.number - 1, upTo: last.number })
}

/** Goes on from where the index ends, a part at a time: two at once, and whoever dies, leave nothing out and nothing twice. */
export async function catchUp({
  chain,
  named,
}: {
  chain: Pick<ChainStore, 'after'>
  named: Pick<NamedStore, 'upTo' | 'note'>
}): Promise<void> {
  let noted = await named.upTo()
  let after = noted
  for (let page = 0; page < mostPages; page++) {
    const found = await chain.after(after, linksAtOnce)
    const links = found.filter(isLink)
    // What is put there and is no entry stands in the way of none that comes after it.
    const upTo = links.at(-1)?.number ?? noted
    if (links.length > 0) await named.note(namedBy(links), { after: noted, upTo })
    noted = upTo
    after = found.at(-1)?.number ?? after
    if (found.length < linksAtOnce) return
  }
}

function namedBy(links: readonly Link[]): Named[] {
  return links.flatMap((link) => {
    const entry = readRecorded(link)
    return entry === null ? [] : [...namedIn(entry)].map((key) => ({ key, number: link.number }))
  })
}
