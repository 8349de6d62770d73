import type { Ended } from './grant.ts'

/** One principal having one target on one system. Shared by every grant that wishes it so. */
export interface HoldKey {
  readonly system: string
  readonly principal: string
  /** The target as the connector writes it. */
  readonly canonical: string
}

export interface Hold extends HoldKey {
  readonly target: Readonly<Record<string, unknown>>
  /** Which real system the claims are on, as the connector says it; null before the first. */
  readonly where: string | null
  /** Raised at every lease: a write that carries an older one changes nothing. */
  readonly token: number
  readonly leaseUntil: Date
  /** The database's clock at the write that returned this hold. */
  readonly readAt: Date
  /** Grant id → that grant's end. */
  readonly claims: Readonly<Record<string, Date>>
  /** The system had it before Curfew came: it is neither given nor taken. */
  readonly heldBefore: boolean
  /** A call that was about to be sent and whose outcome nobody has recorded. */
  readonly call: 'give' | 'take' | null
  /** What the calls are for; the number makes the idempotency key. */
  readonly intent: Intent
  readonly watch: Watch | null
  /** What the last grant to leave left behind, in case its process died before it could say so. */
  readonly lastLeft: Left | null
  /** What the last take left on the system, and opens nothing: still to be removed. */
  readonly leftover: Leftover | null
  /** When the sweep looks at this hold again; null while nothing is watched. */
  readonly dueAt: Date | null
}

export interface Intent {
  readonly number: number
  /** Verb and claims it was meant for. */
  readonly of: string
  /** False while the outcome is unknown: a retry then reuses the number. */
  readonly isKnown: boolean
}

/** An effect may still turn up by itself: look again and repair until it is quiet. */
export interface Watch {
  /** A give is among what may turn up: what appears unclaimed is then ours to take. */
  readonly gave: boolean
  readonly until: Date
}

export interface Left extends Pick<Ended, 'left' | 'keptUntil'> {
  readonly grantId: string
}

export interface Leftover {
  readonly since: Date
  /** When it is tried again. */
  readonly dueAt: Date
  readonly tries: number
  readonly error: string | null
}

/** A hold before anybody leased it. */
export const blankHold: Omit<Hold, keyof HoldKey | 'target'> = {
  where: null,
  token: 0,
  leaseUntil: new Date(0),
  readAt: new Date(0),
  claims: {},
  heldBefore: false,
  call: null,
  intent: { number: 0, of: '', isKnown: true },
  watch: null,
  lastLeft: null,
  leftover: null,
  dueAt: null,
}

export const holdId = ({ system, principal, canonical }: HoldKey): string =>
  JSON.stringify([system, principal, canonical])

/** The intent of the next call: a new number, unless the same call is retried without knowing its outcome. */
export function nextIntent({ number, of, isKnown }: Intent, next: string): Intent {
  return !isKnown && of === next ? { number, of, isKnown } : { number: number + 1, of: next, isKnown: false }
}

/**
 * What leasing it to take makes of it in one write, where this grant claims it alone and nothing stands against that; else
 * null. The instants stay as they are.
 */
export function announcedTake(
  hold: Hold,
  { grantId, where }: { grantId: string; where: string },
): Hold | null {
  const of = `take:${grantId}`
  const isAlone = Object.keys(hold.claims).length === 1 && grantId in hold.claims
  // What was claimed before places were written is where it always was.
  const isThere = hold.where === null || hold.where === where
  // Not even asked for where it is leased: what comes late would find it free at the same token.
  const isFree = hold.leaseUntil <= hold.readAt
  if (!isAlone || !isThere || !isFree || hold.call !== null || hold.heldBefore || hold.intent.of === of)
    return null
  return { ...hold, token: hold.token + 1, call: 'take', intent: nextIntent(hold.intent, of) }
}

/** The latest end among the claims. */
export const lastEnd = (claims: Hold['claims']): Date =>
  new Date(Math.max(...Object.values(claims).map((end) => end.getTime())))

/** The latest end among the claims, plus a little grace: when the system itself may let the access lapse. */
export const systemExpiry = (claims: Hold['claims'], graceMs = 60_000): Date =>
  new Date(lastEnd(claims).getTime() + graceMs)
