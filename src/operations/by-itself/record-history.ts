import { createHash } from 'node:crypto'
import { happeningIn, isSameHappening } from '../../domain/audit/recorded.ts'
import { linked, type ChainKey } from '../../domain/audit/chain.ts'
import type {
  ChainStore,
  HoldingStore,
  NamedStore,
  Naming,
  ToRecord,
  Waiting,
  WaitingPage,
} from '../../domain/ports/audit.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { catchUp, indexAppended } from './index-people.ts'

const mostAtOnce = 500
const mostAppended = 2_000
const mostOvertaken = 20
/** What a replica of an older version writes leaves no word of itself. */
const adoptsEveryMs = 3_600_000

export interface Recorded {
  readonly chain: ChainStore
  /** Wherever something happens that is to be recorded. */
  readonly places: readonly ToRecord[]
  readonly holdings: Pick<HoldingStore, 'note'>
  readonly named: Pick<NamedStore, 'note'>
}

/** With what is drawn from the record beside it. */
export interface RecordedAndIndexed extends Recorded {
  readonly holdings: Pick<HoldingStore, 'note' | 'adopt'>
  readonly named: Pick<NamedStore, 'upTo' | 'note'>
}

/**
 * Now and then what left no word of itself is looked for too: at first, and each hour. What an older version left in no
 * index is put there some at each run: a long record keeps nobody waiting.
 */
export function recordingHistory(
  parts: RecordedAndIndexed,
  { key, clock }: { key: ChainKey; clock: Pick<Clock, 'monotonicMs'> },
): () => Promise<void> {
  let adoptedAtMs = -Infinity
  let unadopted: string | null = ''
  return async () => {
    const nowMs = clock.monotonicMs()
    if (nowMs - adoptedAtMs >= adoptsEveryMs) {
      await Promise.all(parts.places.map((place) => place.adopt()))
      adoptedAtMs = nowMs
    }
    await recordHistory(parts, key)
    await catchUp(parts)
    if (unadopted !== null) unadopted = await parts.holdings.adopt(unadopted)
  }
}

/**
 * Appends to the chain what happened since, and resolves once nothing waits any more, or another process does it. What
 * happened leaves word of itself where it is written; it is forgotten there only once it stands in the chain, and never
 * stands in it twice. So whenever a process dies, the next one goes on. Two at once: one appends, the other looks again.
 */
export async function recordHistory(
  { chain, places, holdings, named }: Recorded,
  key: ChainKey,
): Promise<void> {
  let reading: readonly Reading[] = places.map((place) => ({ place, after: null, isAgain: false }))
  for (let overtaken = 0; overtaken < mostOvertaken && reading.length > 0;) {
    // What happened in several places at a time is put in one order.
    const pages = await Promise.all(reading.map(read))
    const those = pages.flatMap((page) => page.those)
    const entries = inOrder(those)
    // None of it stands there but where somebody died, or appends too: that shows where it is appended.
    if (!(await appended({ chain, named }, { entries, key, areNew: overtaken === 0 }))) {
      overtaken++
      continue
    }
    await holdings.note(those.flatMap((one) => one.holdings))
    for (const page of pages) await page.recorded()
    reading = pages.flatMap(goOn)
  }
}

/** False: another process appended meanwhile, or some of it stands there already. */
async function appended(
  { chain, named }: Pick<Recorded, 'chain' | 'named'>,
  { entries, key, areNew }: { entries: readonly Naming[]; key: ChainKey; areNew: boolean },
): Promise<boolean> {
  for (let from = 0; from < entries.length; from += mostAppended) {
    const some = entries.slice(from, from + mostAppended)
    const news = areNew ? some : await without(chain, some)
    if (news.length === 0) continue
    const links = linked(await chain.end(), news, key)
    if (!(await chain.append(links))) return false
    const names = links.flatMap(({ number }, i) =>
      [...(news[i]?.names ?? [])].map((key) => ({ key, number })),
    )
    await indexAppended(named, { links, names })
  }
  return true
}

async function without(
  chain: Pick<ChainStore, 'known'>,
  entries: readonly Naming[],
): Promise<readonly Naming[]> {
  const known = await chain.known(entries.map(({ source }) => source))
  const others = entries.flatMap((entry) => {
    const text = known.get(entry.source)
    return text === undefined ? [] : { entry, text }
  })
  // Grants that were restored to a state of before the record's: something else happened in that place since.
  const changed = others.filter(({ entry, text }) => !isSameHappening(entry.text, text))
  const renamed = new Map(changed.map(({ entry }) => [entry, instead(entry)]))
  const there = await chain.known([...renamed.values()].map(({ source }) => source))
  return entries.flatMap((entry) => {
    const another = renamed.get(entry)
    if (another !== undefined) return there.has(another.source) ? [] : [another]
    return known.has(entry.source) ? [] : [entry]
  })
}

const instead = (entry: Naming): Naming => ({
  ...entry,
  source: `${entry.source}/${createHash('sha256').update(happeningIn(entry.text)).digest('hex').slice(0, 16)}`,
})

interface Reading {
  readonly place: ToRecord
  readonly after: string | null
  /** Of some that were read there is more: from the first on again, in the end. */
  readonly isAgain: boolean
}

type Page = WaitingPage & Pick<Reading, 'place' | 'isAgain'>

const read = async ({ place, after, isAgain }: Reading): Promise<Page> => ({
  ...(await place.waiting(after, mostAtOnce)),
  place,
  isAgain,
})

function goOn({ place, last, hasMore, isAgain }: Page): Reading[] {
  if (last !== null) return [{ place, after: last, isAgain: isAgain || hasMore }]
  return isAgain || hasMore ? [{ place, after: null, isAgain: false }] : []
}

/** By their instants; what happened to one grant as it happened, though a clock was set back meanwhile. */
function inOrder(those: readonly Waiting[]): Naming[] {
  const timed = those.flatMap(({ entries }) => {
    let latestMs = -Infinity
    return entries.map((entry) => {
      latestMs = Math.max(latestMs, entry.at.getTime())
      return { entry, latestMs }
    })
  })
  return timed.sort((one, other) => one.latestMs - other.latestMs).map(({ entry }) => entry)
}
