import type { Device } from '../devices/device.ts'

/** What is known of devices: one document each, written by compare-and-set on its revision. */
export interface DeviceStore {
  get(id: string): Promise<Device | null>
  /**
   * Whose they are, by our own ids of people; those that were joined to another too. What is `known`, by its id, is not read
   * once more where it stands there at the same revision.
   */
  ofPeople(personIds: readonly string[], known?: ReadonlyMap<string, Device>): Promise<readonly Device[]>
  /**
   * Of which an admin is to say something, as they are, or may be, somebody's of ours. Where none needs to be approved, only
   * whose they are. The first `limit` of those in question, and of those that are not: the oldest first.
   */
  waiting(limit: number, rules: { needsApproval: boolean }): Promise<readonly Device[]>
  /** That wait, and are said to belong to an address that nobody of ours was known to have: by their ids, from the one after. */
  unclaimed(after: string | null, limit: number): Promise<readonly Device[]>
  /** Those that have this serial number; "" is nobody's. */
  ofSerial(serial: string): Promise<readonly Device[]>
  /** By their ids, from the one after `after` on. */
  all(after: string | null, limit: number): Promise<readonly Device[]>
  /** The same of those of whom nobody said yet whether they count. */
  pending(after: string | null, limit: number): Promise<readonly Device[]>
  /** The stamp of what changed last; null: nothing ever did. */
  newestChange(): Promise<string | null>
  /**
   * Those of which something became otherwise (not only how old it is) after this one, or ever, in their order: the first
   * `limit` of them. Many may have one stamp. A hint: what two wrote in one moment may come in another order, so look a
   * little further back.
   */
  changedSince(
    after: Pick<DeviceChange, 'stamp' | 'id'> | null,
    limit?: number,
  ): Promise<readonly DeviceChange[]>
  /**
   * What `next` makes of it, written if nobody wrote it since: else it is made again of what stands there. Null from
   * `next`: nothing is to be written. Resolves with what stands there then. A copy that was `seen` saves a reading.
   */
  change(
    id: string,
    next: (
      device: Device | null,
      now: Date,
    ) => { readonly device: Device; readonly isChanged: boolean } | null,
    seen?: Device | null,
  ): Promise<Device | null>
  /** Calls back after any write of this process that made something otherwise; a hint, never the only way to learn of it. */
  onChange(listener: (device: Device) => void): () => void
}

export interface DeviceChange {
  readonly id: string
  readonly ownerId: string | null
  readonly stamp: string
  /** As it is by now: its age may have changed since. */
  readonly revision: number
}
