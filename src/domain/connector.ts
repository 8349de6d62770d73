import type { ZodType } from 'zod'

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
  /** Does this principal hold this target now? Answered by the system, never from memory. */
  has(place: Place & { readonly signal: AbortSignal }): Promise<boolean>
  /** Every principal that holds this target now. */
  list(query: { readonly target: Target; readonly signal: AbortSignal }): Promise<string[]>
  /** Credentials and reach: resolves when the system answers and lets us in. */
  check(signal: AbortSignal): Promise<void>
  /** The target as one string: two targets that mean the same access are written the same. */
  canonical(target: Target): string
  /** Which real system this is, without secrets: with another address or tenant it is another. Its form: `place.ts`. */
  readonly where: string
  /** How late `has` may tell the truth after a change, in milliseconds; 0 where reads follow writes. */
  readonly hasLagMs: number
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
}

export interface Proxies {
  /** The proxy's own address, for targets that are http and https. */
  readonly http: string | null
  readonly https: string | null
  /** Hosts that are reached without one, as `NO_PROXY` writes them. */
  readonly except: string
}

/** A connector's failure. `happened` says whether the call may have taken effect all the same. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly retryable: boolean
  readonly happened: 'no' | 'unknown'

  constructor(
    message: string,
    {
      retryable,
      happened = 'unknown',
      cause,
    }: { retryable: boolean; happened?: 'no' | 'unknown'; cause?: unknown },
  ) {
    super(message, { cause })
    this.retryable = retryable
    this.happened = happened
  }
}
