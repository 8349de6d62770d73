export interface SurfaceStore {
  of(requestId: string): Promise<Shown>
  /** As this process read or wrote it last: to be believed only once another answer shows that no other process changed it. */
  known(requestId: string): Shown | null
  /** What stands there, or is just being saved by this process as standing there. */
  byMessage(channel: string, ts: string): Promise<Surface | null>
  /**
   * Takes this message for a while, making its row where there is none; `row` is null while another process has it.
   * A crash in between costs at most one repeated message. `again`: by which name it has it already, for longer now; what
   * ran out meanwhile, and nobody took, is its still.
   */
  lease(of: SurfaceKey, forMs: number, again?: string): Promise<Leased>
  /**
   * Writes what Slack shows now, and gives the message back. Throws where nobody ever took it, and `TakenSince` where
   * another took it since it was leased by this name: then nothing is written.
   */
  save(of: SurfaceKey, now: Partial<Omit<Surface, keyof SurfaceKey>>, leasedBy?: string): Promise<Shown>
  /** Those whose key begins so. */
  needingLook(limit: number, begin: string): Promise<Surface[]>
  /**
   * Takes a turn in what all replicas do by this name: so many at once, then one each so many ms. Answers how long until
   * it, in ms.
   */
  turn(name: string, of: { readonly burst: number; readonly everyMs: number }): Promise<number>
  /** Slack asked every replica to leave this method alone for a while. */
  pause(method: string, forMs: number): Promise<void>
  /** Methods that are paused now, with how long still in ms. */
  pauses(): Promise<ReadonlyMap<string, number>>
}

export interface Leased {
  readonly row: Surface | null
  readonly shown: Shown
  readonly leasedBy: string
}

/** Somebody else took this message meanwhile: what was to be noted of it may be true no more. */
export class TakenSince extends Error {
  override readonly name = 'TakenSince'
}

/** All that stands in Slack of one request. */
export interface Shown {
  /** Raised by whatever is saved of any of the messages; 0 while there are none. */
  readonly version: number
  /** The last version that another process wrote: whoever knew that one, and wrote since, knows this one. */
  readonly othersUntil: number
  /** Some process has one of them just now: what it posts is noted only once it has come through. */
  readonly isBeingSent: boolean
  readonly surfaces: readonly Surface[]
}

/** One that was never sent. */
export const unposted: Omit<Surface, keyof SurfaceKey> = {
  channel: null,
  ts: null,
  shows: null,
  failure: null,
  tries: 0,
  needsLook: false,
}

/** Where it stands; null: nowhere. */
export const placeOf = (row: Surface | undefined) =>
  row?.ts && row.channel ? { channel: row.channel, ts: row.ts } : null

export const nothingShown: Shown = { version: 0, othersUntil: 0, isBeingSent: false, surfaces: [] }

export interface SurfaceKey {
  /** Which picture of which request: `card:…`, `dm:…`. */
  readonly key: string
  readonly requestId: string
}

/** A message that pictures a request, and what it shows now. */
export interface Surface extends SurfaceKey {
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
