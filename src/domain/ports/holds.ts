import type { Hold, HoldKey, Intent, Left } from '../hold.ts'

export interface HoldStore {
  /** Takes the lease, making the hold where there is none, and raises `token`; or says until when somebody has it. */
  lease(
    key: HoldKey & { target: Hold['target'] },
    forMs: number,
  ): Promise<{ taken: true; hold: Hold } | { taken: false; until: Date }>
  /**
   * The same, in one write with saying that what this grant alone claims there is about to be taken (`call`, `intent`). Null,
   * and nothing written, unless it is free, can be read, was not held before, no call is written, and this take was not meant
   * before. The database's instants are those of before.
   */
  leaseToTake(key: HoldKey, forMs: number, claimed: { grantId: string; where: string }): Promise<Hold | null>
  /** Null, and nothing written, when the token is no longer the newest, or `ifHeldBefore` is not so. */
  write(key: HoldKey, token: number, change: HoldWrite): Promise<Hold | null>
  /** The same, not read back: whether it was written (`holdAfter` says what stands then). */
  apply(key: HoldKey, token: number, change: HoldWrite): Promise<boolean>
  /** For whoever lost the token after sending a call: not conditional on it. */
  watch(key: HoldKey, watch: { gave: boolean; forMs: number }): Promise<void>
  due(before: Date, limit: number, butSystems?: readonly string[]): Promise<Hold[]>
  get(key: HoldKey): Promise<Hold | null>
  /** What is claimed there, by all or by these; with the clock of the database at the reading. */
  claimed(place: Omit<HoldKey, 'principal'>, principals?: readonly string[]): Promise<Hold[]>
  /** Of what takes left over and could not be removed so far, what is there since before this. */
  leftovers(since: Date): Promise<Hold[]>
  /** What of it is to be tried by now. */
  leftoversDue(now: Date, limit: number): Promise<Hold[]>
  /** Systems on which anything is claimed, watched or left over, and where each was when that was given. */
  placesInUse(): Promise<Map<string, string[]>>
}

export interface HoldWrite {
  /** Which real system the claims are on. */
  where?: string
  claim?: { grantId: string; end: Date }
  /** Removes this grant's claim, and remembers what it left. */
  unclaim?: Left
  heldBefore?: boolean
  /** Nothing of this is written, as if the token were old, where it came by a give of ours after all. */
  ifHeldBefore?: true
  call?: Hold['call']
  intent?: Intent
  /**
   * Starts or prolongs watching; once something was given, that is not forgotten until watching ends, and nothing counts
   * as held before meanwhile.
   */
  watch?: { gave: boolean; forMs: number }
  /** Stops watching and looking, unless somebody prolonged the watch that was seen (null: there was none). */
  unwatch?: { seen: Date | null }
  /** Something is left over, since now or since it was before; null: nothing is. */
  leftover?: { tries: number; error: string | null; dueInMs: number } | null
  /** When the sweep looks again. */
  dueInMs?: number
  /** The lease ends this long from the write, by the database's clock; 0 releases it. */
  keepMs?: number
}
