import { noLink, type ChainEnd } from '../domain/audit/chain.ts'
import { checkpoint, isGenuineBase, type Checkpoint, type SigningKey } from '../domain/audit/checkpoint.ts'
import type { ChainStore } from '../domain/ports/audit.ts'

export type Signer = Pick<SigningKey, 'id' | 'public'>

/** Where a chain begins: after a base that somebody with the key signed, else with its first link. */
export interface Beginning {
  readonly after: ChainEnd
  /** The last that was removed; `at`: when the latest of those happened. Null: none were. */
  readonly base: Checkpoint | null
  /** What stands there as a base is none. */
  readonly isForged: boolean
}

export async function beginningOf(
  chain: Pick<ChainStore, 'base'>,
  signers: readonly Signer[],
): Promise<Beginning> {
  const stored = await chain.base()
  if (stored === null) return { after: noLink, base: null, isForged: false }
  const base = checkpoint.safeParse(stored).data
  const signer = signers.find(({ id }) => id === base?.keyId)
  if (base === undefined || signer === undefined || !isGenuineBase(base, signer))
    return { after: noLink, base: null, isForged: true }
  return { after: base, base, isForged: false }
}

/** Of what happened then or before, entries are not there any more; null: all are. */
export const removedUntil = (base: Beginning['base']): Date | null =>
  base === null ? null : new Date(base.at)
