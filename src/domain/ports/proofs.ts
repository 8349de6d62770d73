import type { Confirmation, Method } from '../confirmation.ts'

/** When people last confirmed who they are: of each person the latest by each way. */
export interface ProofStore {
  /** An older one than is noted changes nothing. */
  note(personId: string, proof: Confirmation): Promise<void>
  latest(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly Confirmation[]>>
  /** Was its way not removed, nor another put in its place, since they proved it? */
  isTheirs(personId: string, proof: Pick<Confirmation, 'method' | 'at'>): Promise<boolean>
  /** What they proved until now by a way that they have no more counts for nothing, also where it is noted later. */
  forget(personId: string, method: Method): Promise<void>
}
