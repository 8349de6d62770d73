import type { ChainKey } from '../../domain/audit/chain.ts'
import type { SigningKey } from '../../domain/audit/checkpoint.ts'
import type { ChainStore, Drawn } from '../../domain/ports/audit.ts'
import { pruneRecorded } from '../prune-chain.ts'
import type { World } from '../world.ts'

/** What the record holds for longer than it is to be kept goes; where that is not as it was written, it stays and is told of. */
export const pruningRecord =
  (
    { chain, ...world }: Pick<World, 'acts' | 'clock' | 'log'> & { readonly chain: ChainStore },
    {
      keepMs,
      keys,
      signers,
      drawn,
      upTo = null,
    }: {
      readonly keepMs: number
      readonly drawn: readonly Drawn[]
      readonly keys: readonly ChainKey[]
      readonly signers: readonly [SigningKey, ...SigningKey[]]
      /** The last that others have who are to have all; null: nobody is. */
      readonly upTo?: (() => Promise<number>) | null
    },
  ) =>
  async (): Promise<void> => {
    const now = world.clock.now()
    const before = new Date(now.getTime() - keepMs)
    // Asked first: where nothing is so old, nothing is to be done.
    const oldest = await chain.oldestAt()
    if (oldest === null || (oldest >= before && oldest <= now)) return
    const pruning = upTo === null ? { before, now } : { before, now, upTo: await upTo() }
    const parts = { keys, signers, drawn }
    const pruned = await pruneRecorded(world, chain, { by: { curfew: true }, pruning, parts })
    if (pruned.is === 'not-as-written')
      throw new Error(
        `the record is not as it was written at entry ${pruned.number}: nothing of it is removed`,
      )
  }
