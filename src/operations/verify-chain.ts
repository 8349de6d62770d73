import { ChainWalk, isLink, type ChainFault, type ChainKey, type Link } from '../domain/audit/chain.ts'
import { isGenuine, type Checkpoint } from '../domain/audit/checkpoint.ts'
import type { ChainStore } from '../domain/ports/audit.ts'
import { beginningOf, type Beginning, type Signer } from './chain-base.ts'

const linksAtOnce = 5_000
/** As many faults are told one by one; of more their number is enough. */
const mostFaults = 100

/** What a checkpoint says of a chain that is not so. */
export type CheckpointFault =
  /** Nobody who has a key here signed it. */
  | { readonly kind: 'forged'; readonly number: number }
  /** The chain ended there at least; it ends before. */
  | { readonly kind: 'cut-off'; readonly number: number; readonly at: string; readonly end: number }
  /** Another link stands there than stood there then. */
  | { readonly kind: 'another-chain'; readonly number: number; readonly at: string }

export interface Verified {
  readonly links: number
  readonly first: Pick<Link, 'at'> | null
  readonly last: Pick<Link, 'at'> | null
  readonly faults: readonly ChainFault[]
  /** All of them, also those that are not told one by one. */
  readonly faultCount: number
  /** Of these: marked by a key that is not there, so that nobody can tell. */
  readonly keylessCount: number
  readonly checkpoints: number
  /** The last entry of now that one of them saw; null: none of them saw any of these. */
  readonly vouchedUpTo: number | null
  /** What stands where the oldest links were removed; null: none were. */
  readonly base: Checkpoint | null
  /** What stands there was signed by no key here: then all before the first link is missing. */
  readonly isBaseForged: boolean
  readonly checkpointFaults: readonly CheckpointFault[]
}

interface By {
  readonly keys: readonly ChainKey[]
  readonly checkpoints: readonly Checkpoint[]
  readonly signers: readonly Signer[]
}

/** Walks through the whole chain, in pages: what is wrong with it, and what of it is not as the checkpoints say. */
export async function verifyChain(
  chain: Pick<ChainStore, 'after' | 'base' | 'beside'>,
  by: By,
): Promise<Verified> {
  let beginning = await beginningOf(chain, by.signers)
  for (;;) {
    const found = await walked(chain, by, beginning)
    const now = await beginningOf(chain, by.signers)
    // What is missing may have been removed by the rule meanwhile: then it begins later.
    if (found.faultCount === 0 || now.after.number <= beginning.after.number) return found
    beginning = now
  }
}

async function walked(
  chain: Pick<ChainStore, 'after' | 'beside'>,
  { keys, checkpoints, signers }: By,
  beginning: Beginning,
): Promise<Verified> {
  const walk = new ChainWalk(keys, beginning.after)
  const signed = new Map(signers.map((key) => [key.id, key]))
  const faults: ChainFault[] = []
  const wanted = new Set(checkpoints.map(({ number }) => number))
  const marks = new Map<number, string>()
  const beside = await chain.beside(mostFaults)
  faults.push(...beside.map((id) => ({ kind: 'beside', id }) as const))
  let [links, faultCount, keylessCount, end] = [0, beside.length, 0, beginning.after.number]
  let first: Link | null = null
  let last: Link | null = null
  for (;;) {
    const page = await chain.after(end, linksAtOnce)
    if (page.length === 0) break
    for (const link of page) {
      const found = walk.step(link)
      faultCount += found.length
      keylessCount += found.filter(({ kind }) => kind === 'unknown-key').length
      if (faults.length < mostFaults) faults.push(...found)
      if (!isLink(link)) continue
      if (wanted.has(link.number)) marks.set(link.number, link.mark)
      first ??= link
      last = link
    }
    links += page.length
    end = page.at(-1)?.number ?? end
  }
  const checkpointFaults = checkpoints.flatMap((one): CheckpointFault[] => {
    const { number, at, keyId, mark } = one
    const key = signed.get(keyId)
    // What it saw was removed, and a key may go with the entries that it marked; of the last of those the mark is left.
    const isOfBefore = number < beginning.after.number
    if (number === beginning.after.number) marks.set(number, beginning.after.mark)
    const isVouchedFor = isOfBefore || (number === beginning.after.number && mark === beginning.after.mark)
    if (key === undefined && isVouchedFor) return []
    if (key === undefined || !isGenuine(one, key)) return [{ kind: 'forged', number }]
    if (number > end) return [{ kind: 'cut-off', number, at, end }]
    if (isOfBefore) return []
    return marks.get(number) === mark ? [] : [{ kind: 'another-chain', number, at }]
  })
  const { base, isForged: isBaseForged } = beginning
  return {
    links,
    first,
    last,
    faults,
    faultCount,
    keylessCount,
    checkpoints: checkpoints.length,
    vouchedUpTo: checkpoints.reduce<number | null>(
      (furthest, { number }) =>
        number >= beginning.after.number && number <= end ? Math.max(furthest ?? 0, number) : furthest,
      null,
    ),
    base,
    isBaseForged,
    checkpointFaults,
  }
}
