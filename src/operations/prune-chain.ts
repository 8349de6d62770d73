import type { Act } from '../domain/audit/act.ts'
import { ChainWalk, isLink, type ChainEnd, type ChainKey, type Link } from '../domain/audit/chain.ts'
import { signedBase, type SigningKey } from '../domain/audit/checkpoint.ts'
import type { ChainStore, Drawn } from '../domain/ports/audit.ts'
import { asAct } from './as-act.ts'
import { beginningOf } from './chain-base.ts'

const linksAtOnce = 5_000

export type Pruned =
  | { readonly is: 'pruned'; readonly removed: number; readonly upTo: number }
  /** Nothing is so old. */
  | { readonly is: 'nothing' }
  /** What is to be removed is not as it was written: it stays, as nobody could tell that any more. */
  | { readonly is: 'not-as-written'; readonly number: number }

export interface Pruning {
  /** What happened before this instant goes, up to the first link that did not. */
  readonly before: Date
  /** What is dated later than this was dated by a wrong clock: it goes with what is old enough and comes after it. */
  readonly now: Date
  /** No further than this link: others have not read what comes after it. */
  readonly upTo?: number
  /** Where it is kept before it goes. Nothing is removed unless it resolves. */
  readonly archive?: (links: readonly Link[]) => Promise<void>
}

export interface PrunedBy {
  readonly keys: readonly ChainKey[]
  readonly signers: readonly [SigningKey, ...SigningKey[]]
  /** What is drawn from the chain forgets it too. */
  readonly drawn: readonly Drawn[]
}

/**
 * Removes the oldest links, and leaves behind what proves that the rest is all of the rest: the mark of the last that went,
 * and until when they happened, signed. The last link of all stays, whatever its age. Whoever dies in between leaves a base
 * and links before it, which count no more and go the next time.
 */
export async function pruneChain(
  chain: Pick<ChainStore, 'after' | 'base' | 'beginAfter' | 'removeUpTo' | 'end'>,
  { before, now, upTo = Infinity, archive }: Pruning,
  { keys, signers, drawn }: PrunedBy,
): Promise<Pruned> {
  const beginning = await beginningOf(chain, signers)
  if (beginning.isForged) return { is: 'not-as-written', number: 1 }
  const most = Math.min(upTo, (await chain.end()).number - 1)
  const walk = new ChainWalk(keys, beginning.after)
  let last: ChainEnd = beginning.after
  let seen = last.number
  let latestMs = beginning.base === null ? 0 : Date.parse(beginning.base.at)
  /** Dated ahead: where what comes next is young, or our own clock is behind, they stay. */
  let pending: Link[] = []
  for (let isOld = true; isOld;) {
    const page = await chain.after(seen, linksAtOnce)
    const old: Link[] = []
    for (const link of page) {
      const isAhead = isLink(link) && link.at > now && pending.length < linksAtOnce
      isOld = link.number <= most && (!isLink(link) || link.at < before || isAhead)
      if (!isOld) break
      if (walk.step(link).length > 0 || !isLink(link)) return { is: 'not-as-written', number: link.number }
      seen = link.number
      pending.push(link)
      if (isAhead) continue
      old.push(...pending)
      pending = []
      latestMs = Math.max(latestMs, link.at.getTime())
    }
    if (old.length > 0) await archive?.(old)
    last = old.at(-1) ?? last
    isOld &&= page.length > 0
  }
  const isNothing = last.number === beginning.after.number
  if (!isNothing) await chain.beginAfter(signedBase(last, new Date(latestMs), signers[0]))
  // Also what somebody left who died here.
  const removed = await remove(chain, drawn, last.number)
  return isNothing ? { is: 'nothing' } : { is: 'pruned', removed, upTo: last.number }
}

/** What is drawn from some of them goes before they do: whoever dies in between finds it by them. */
async function remove(
  chain: Pick<ChainStore, 'after' | 'removeUpTo'>,
  drawn: readonly Drawn[],
  upTo: number,
): Promise<number> {
  for (let removed = 0; ;) {
    const page = (await chain.after(0, linksAtOnce)).filter(({ number }) => number <= upTo)
    const last = page.at(-1)
    if (last === undefined) return removed
    for (const one of drawn) await one.forget(page.filter(isLink))
    removed += await chain.removeUpTo(last.number)
  }
}

/** The same, as an act that the record tells of. */
export const pruneRecorded = (
  world: Parameters<typeof asAct>[0],
  chain: Parameters<typeof pruneChain>[0],
  { by, pruning, parts }: { by: Act['by']; pruning: Pruning; parts: PrunedBy },
): Promise<Pruned> => {
  const about = { kind: 'record', id: 'record', name: 'record' } as const
  const details = { before: pruning.before.toISOString() }
  return asAct(
    world,
    { type: 'record-pruned', by, about, details },
    () => pruneChain(chain, pruning, parts),
    (pruned) => {
      if (pruned.is === 'nothing') return null
      if (pruned.is === 'not-as-written') return 'refused'
      return { outcome: 'done', details: { upTo: String(pruned.upTo), removed: String(pruned.removed) } }
    },
  )
}
