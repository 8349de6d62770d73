import { z, type ZodType } from 'zod'

/** What is given on a system, as the connector's own schema writes it. Plain JSON: it is stored on grants and holds. */
export type Target = Readonly<Record<string, unknown>>

export interface Place {
  /** Who the subject is on that system. */
  readonly principal: string
  readonly target: Target
}

export interface Call extends Place {
  /** The same key is sent again only while the outcome of the earlier call is unknown. */
  readonly idempotencyKey: string
  /** Aborted when the call's time is up: the connector gives up at once and throws. */
  readonly signal: AbortSignal
}

export interface GiveCall extends Call {
  /** When the system may let the access lapse by itself, where it can: a second net, a little after the real end. */
  readonly until: Date
}

/** A part of who holds a target. */
export interface Page {
  readonly principals: readonly string[]
  /** What to ask for as `after` next; null: this was the last page. */
  readonly next: string | null
}

/** A right that Curfew's login needs on a system and has not, or what else keeps its work from taking effect there. */
export interface Lack {
  /** In words, with what it is needed for. */
  readonly what: string
  /** The statement or setting that mends it, as whoever looks after that system would write it; null: none is known. */
  readonly remedy: string | null
}

/** A part of what a holder is shown once. */
export interface Shown {
  /** "User name", "Password", "Configuration". */
  readonly label: string
  readonly text: string
  /** What it is called as a file, where it is to be saved as one. */
  readonly file?: string
}

/** What the holder brings: the name of the field, and what to write there. */
export interface Brought {
  readonly label: string
  readonly hint: string
}

export interface HandOverCall extends Call {
  /**
   * The end of the access: what is made should be worth nothing after it, where it has an end of its own. What `give`
   * told the system of the end stays.
   */
  readonly until: Date
  /** What the holder brought; null where nothing is asked for. Theirs, and not read by anybody yet. */
  readonly brought: string | null
  /** Which access it is for: what Curfew's own history calls it, so that a system's log can name it. */
  readonly accessId?: string
}

/**
 * Giving here makes a secret: a password, a client's configuration. It is made when its holder asks to see it, shown to
 * them once, and kept by nobody. Looking again makes another.
 */
export interface HandOver {
  /** What it is: "password". Follows "Show the". */
  readonly what: string
  /** Does this target have one? Where some of a system's targets do, and others do not. */
  isFor(target: Target): boolean
  /** What the holder must bring for it, such as a public key; null: nothing. */
  readonly brings: Brought | null
  /**
   * Makes it for a principal who holds the target, and ends what was made for them before. Called only while it is
   * held, and never beside a `give` or `take` of the same. What was brought and cannot be used is refused with
   * `retryable: false, happened: 'no'` and words for whoever brought it.
   */
  make(call: HandOverCall): Promise<readonly Shown[]>
}

/** What of a system anybody may fetch from Curfew, without a login: a list of what is revoked. */
export interface Published {
  /** As in HTTP's `content-type`. */
  readonly type: string
  /** As of now, whole; rejects where that is not known, and never resolves to less. */
  read(signal: AbortSignal): Promise<Uint8Array>
}

/**
 * Gives, takes and checks on one configured system.
 *
 * - Done already is success: giving what is there, taking what is not there, taking from someone who is gone.
 * - Failures are `ConnectorError`s; anything else that is thrown counts as retryable with an unknown outcome.
 * - Every call ends by itself soon after its signal aborts.
 */
export interface Connector {
  give(call: GiveCall): Promise<void>
  take(call: Call): Promise<void>
  /**
   * Ends what the principal has open by this target, where a take alone leaves it running. Called after each take that
   * was done, before it is read back; while it fails the access counts as held. Nothing open is success.
   */
  cut?(call: Call): Promise<void>
  /**
   * Removes what a take leaves on the system and opens nothing, such as a login that was closed. Called after the take
   * was read back, again until it succeeds; the access counts as gone meanwhile. It does nothing to what was given again,
   * however late it happens.
   */
  tidy?(call: Call): Promise<void>
  /** Where giving makes a secret: `give` itself makes none. Must be there from the start, or never. */
  readonly handOver?: HandOver
  /** Served at `/published/<system>`. Must be there from the start, or never. */
  readonly publishes?: Published
  /**
   * Does this principal hold this target now? Answered by the system, never from memory. Where a system changes by
   * deleting and inserting, it has asked again before it says no.
   */
  has(place: Place & { readonly signal: AbortSignal }): Promise<boolean>
  /** Who holds this target now, in pages of at most a few thousand: `after` is null for the first. */
  list(query: {
    readonly target: Target
    readonly after: string | null
    readonly signal: AbortSignal
  }): Promise<Page>
  /**
   * What is missing to give and take these targets; nothing where all is there. Throws where the system cannot be
   * reached or does not let us in.
   */
  check(query: {
    readonly targets: readonly Target[]
    readonly signal: AbortSignal
  }): Promise<readonly Lack[]>
  /**
   * A principal as one string: two ways to write one person are written the same. Left out where there is but one way.
   */
  canonicalPrincipal?(principal: string): string
  /** The target as one string: two targets that mean the same access are written the same. */
  canonical(target: Target): string
  /** Which real system this is, without secrets: with another address or tenant it is another. Its form: `place.ts`. */
  readonly where: string
  /** How late `has` may tell the truth after a change, in milliseconds; 0 where reads follow writes. */
  readonly hasLagMs: number
  /**
   * How long after a call was given up it may still take effect, in milliseconds. 0 where the system itself stops by
   * then (a time-out of its own, below ours).
   */
  readonly lateMs: number
  close(): Promise<void>
}

/** One kind of system: how its settings and targets are written in the catalog, and how to connect to it. */
export interface ConnectorKind<Settings = unknown> {
  readonly kind: string
  /** Parses the system's keys that are not the catalog's own (all but `connector`, `principal`, `timeout`). */
  readonly settings: ZodType<Settings>
  readonly target: ZodType<Target>
  canonical(target: Target): string
  connect(settings: Settings, surroundings: Surroundings): Connector
}

/** What a connector needs of the process it runs in. */
export interface Surroundings {
  readonly timeoutMs: number
  /** The database's time, or the best guess while that is not known. Nothing is signed or dated by another. */
  readonly now: () => Date
  /** Whoever speaks HTTP goes through these; null: straight. */
  readonly proxies: Proxies | null
  /** Keeps a secret that was read from elsewhere than the environment out of the log. */
  readonly hide: (secret: string) => void
  /** May a catalog have this file read, or this program run? Whoever starts Curfew lists them: a catalog's editor may not. */
  readonly opens: (path: string) => boolean
}

/** For a connector that is asked where it leads, and never called. */
export const unused = (timeoutMs: number): Surroundings => ({
  timeoutMs,
  now: () => new Date(0),
  proxies: null,
  hide: () => undefined,
  opens: () => false,
})

export interface Proxies {
  /** The proxy's own address, for targets that are http and https. */
  readonly http: string | null
  readonly https: string | null
  /** Hosts that are reached without one, as `NO_PROXY` writes them. */
  readonly except: string
}

/** As plain JavaScript may write them: what does not say whether it may be tried again may be, and may have happened. */
const termsSchema = z
  .object({
    retryable: z.boolean(),
    happened: z.enum(['no', 'unknown']).optional().catch(undefined),
    cause: z.unknown().optional(),
  })
  .catch({ retryable: true })

/** A connector's failure. `happened` says whether the call may have taken effect all the same. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly retryable: boolean
  readonly happened: 'no' | 'unknown'

  constructor(message: string, terms: { retryable: boolean; happened?: 'no' | 'unknown'; cause?: unknown }) {
    const { retryable, happened = 'unknown', cause } = termsSchema.parse(terms)
    super(message, { cause })
    this.retryable = retryable
    this.happened = happened
  }
}

/** The failure that this is; also one of another copy of this class, as a stranger's package may bring. Null: none. */
export function connectorErrorOf(error: unknown): ConnectorError | null {
  if (error instanceof ConnectorError) return error
  const isOfAnotherCopy = error instanceof Error && error.name === 'ConnectorError'
  if (!isOfAnotherCopy || !('retryable' in error) || !('happened' in error)) return null
  const { message, retryable, happened } = error
  if (typeof retryable !== 'boolean' || (happened !== 'no' && happened !== 'unknown')) return null
  return new ConnectorError(message, { retryable, happened, cause: error })
}
