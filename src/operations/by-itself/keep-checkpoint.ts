import type { ChainEnd } from '../../domain/audit/chain.ts'
import { signedCheckpoint, type Checkpoint, type SigningKey } from '../../domain/audit/checkpoint.ts'
import type { ChainStore } from '../../domain/ports/audit.ts'

/** Signs where the record ends, and has it kept elsewhere; again only once it is longer. What could not be kept is tried again. */
export function keepingCheckpoints(
  {
    chain,
    now,
    keep,
  }: { chain: Pick<ChainStore, 'end'>; now: () => Date; keep: (one: Checkpoint) => Promise<void> },
  key: SigningKey,
): () => Promise<void> {
  let kept: ChainEnd['number'] = 0
  return async () => {
    const end = await chain.end()
    if (end.number < kept)
      throw new Error(`the record was cut off: it had ${kept} entries, and has ${end.number}`)
    if (end.number === kept) return
    await keep(signedCheckpoint(end, now(), key))
    kept = end.number
  }
}
