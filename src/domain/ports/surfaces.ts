export interface SurfaceStore {
  of(requestId: string): Promise<Surface[]>
  byMessage(channel: string, ts: string): Promise<Surface | null>
  /**
   * Takes this row for a while, making it where there is none; null while another process has it.
   * A crash in between costs at most one repeated message.
   */
  lease(key: string, requestId: string, forMs: number): Promise<Surface | null>
  /** Writes what Slack shows now, and gives the row back. */
  save(key: string, shown: Partial<Omit<Surface, 'key' | 'requestId'>>): Promise<void>
  needingLook(limit: number): Promise<Surface[]>
  /** Slack asked every replica to leave this method alone for a while. */
  pause(method: string, forMs: number): Promise<void>
  /** Methods that are paused now, with how long still in ms. */
  pauses(): Promise<ReadonlyMap<string, number>>
}

/** A message that pictures a request, and what it shows now. */
export interface Surface {
  /** Which picture of which request: `card:…`, `dm:…`. */
  readonly key: string
  readonly requestId: string
  /** Where it was posted; null while it never was. */
  readonly channel: string | null
  readonly ts: string | null
  /** A mark of the content that Slack accepted last; null: must be sent again. */
  readonly shows: string | null
  /** Why it can't be shown there at all, such as `is_archived`. */
  readonly failure: string | null
  readonly tries: number
  /** To be looked at again although no grant changed. */
  readonly needsLook: boolean
}
