import type { Connection } from 'mongoose'
import { webhook } from '../../src/connectors/webhook/webhook.ts'
import type { Posture } from '../../src/domain/devices/posture.ts'
import type { Active } from '../../src/domain/grant.ts'
import { nextIntent } from '../../src/domain/hold.ts'
import { mongoClock } from '../../src/mongo/clock.ts'
import { mongoGrants } from '../../src/mongo/grants.ts'
import { mongoHolds } from '../../src/mongo/holds.ts'
import type { SurfaceKey } from '../../src/domain/ports/surfaces.ts'
import { cardKey } from '../../src/slack/deciding/card.ts'
import { accepted, ada, after, aPendingGrant, approval } from '../../test/support/builders.ts'
import { notePosted } from './posted.ts'
import { transition } from '../../src/domain/transition.ts'

const heldMs = 7_200_000
const leaseMs = 3_000
const atOnce = 32

export interface What {
  readonly resource: string
  readonly entitlement: string
  readonly target: { readonly group: string }
}

const usual: What = { resource: 'service-1', entitlement: 'read', target: { group: 'service-1-read' } }

export interface Holder {
  readonly principal: string
  readonly teamId: string
  readonly userId: string
  /** Our own id of whoever was seen before; made up unless said. */
  readonly personId?: string
}

/**
 * Writes grants that were given two hours before `endsAt`, through the stores: with their holds as `join` leaves
 * them, and with their card and DM already posted (at `posted`), so that ending them is all that is left to do.
 */
export async function writeActiveGrants(
  connection: Connection,
  options: {
    holders: readonly Holder[]
    system: string
    endsAt: Date
    posted: { channel: string; ts: string }
    /** Where their DM stands, where that is elsewhere. */
    told?: { channel: string; ts: string }
    /** False: no message stands in Slack, as if they had been deleted there. */
    isShown?: boolean
    /** How long before its end each is warned of; unless said, all were warned before. */
    warnMs?: number
    /** What they hold: an entitlement of `benchCatalog` unless said otherwise. */
    what?: What
    /** How it stands with their devices, where it is had on one. */
    posture?: (holder: Holder) => Posture
    /** Where others were written before: their ids begin otherwise. */
    ids?: string
  },
): Promise<void> {
  const { holders, system, endsAt, posted, what = usual, posture, ids = 'bench' } = options
  const { told = posted, isShown = true, warnMs = null } = options
  const grants = mongoGrants(connection, mongoClock(connection))
  const holds = mongoHolds(connection)
  const [cards, dms]: [SurfaceKey[], SurfaceKey[]] = [[], []]

  const write = async (holder: Holder, i: number): Promise<void> => {
    const given = activeGrant(holder, {
      i,
      ids,
      system,
      channel: posted.channel,
      endsAt,
      what,
      warnMs,
    })
    const grant = posture === undefined ? given : withPosture(given, posture(holder))
    const { id, requestId, place } = grant
    const { outcome } = await grants.insert(grant)
    if (outcome !== 'inserted') throw new Error(`could not write a grant: ${outcome}`)
    const key = { system, ...place }
    const leased = await holds.lease(key, leaseMs)
    if (!leased.taken) throw new Error('somebody else has a hold')
    const { token } = leased.hold
    const intent = nextIntent(leased.hold.intent, `give:${id} until ${endsAt.toISOString()}`)
    const claim = { grantId: id, end: endsAt }
    await holds.write(key, token, { heldBefore: false, claim, call: 'give', intent, keepMs: leaseMs })
    await holds.write(key, token, { call: null, intent: { ...intent, isKnown: true }, keepMs: 0 })
    cards.push({ key: cardKey(grant), requestId })
    dms.push({ key: `dm:${id}:outcome`, requestId })
  }
  const left = holders.map((holder, i) => () => write(holder, i))
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.pop(); next; next = left.pop()) await next()
    }),
  )
  if (!isShown) return
  await notePosted(connection, cards, posted)
  await notePosted(connection, dms, told)
}

/** From now on it is due by its posture as well. */
function withPosture(active: Active, posture: Posture): Active {
  const noted = accepted(transition(active, { type: 'posture', posture }, new Date()))
  if (noted.status !== 'active') throw new Error('a posture ended it')
  return { ...noted, unshown: false }
}

function activeGrant(
  { principal, teamId, userId, personId }: Holder,
  about: {
    i: number
    ids: string
    system: string
    channel: string
    endsAt: Date
    what: What
    warnMs: number | null
  },
): Active {
  const { i, ids, system, channel, endsAt, what, warnMs } = about
  const { target } = what
  const subject = {
    id: personId ?? `p-${i}`,
    slack: { teamId, userId },
    name: principal,
    email: `${principal}@acme.example`,
  }
  const since = new Date(endsAt.getTime() - heldMs)
  const pending = aPendingGrant({
    id: `${ids}-${i}`,
    requestId: `${ids}-request-${i}`,
    system,
    channel,
    subject,
    requester: subject,
    resource: { id: what.resource, name: what.resource },
    entitlement: { id: what.entitlement, name: what.entitlement },
    canonical: webhook.canonical(target),
    askedMs: heldMs,
    requestedAt: since,
    lapsesAt: endsAt,
  })
  const place = { principal, target, canonical: webhook.canonical(target) }
  const terms = { place, system, warnMs, alertMs: 60_000 }
  const granting = after(pending, { ...approval(ada, heldMs), terms }, since, 'granting')
  const given = { type: 'given', heldUntil: endsAt, heldBefore: false } as const
  const active = after(granting, given, since, 'active')
  if (warnMs !== null) return { ...active, unshown: false }
  const warned = accepted(transition(active, { type: 'warn' }, active.warnAt ?? since))
  if (warned.status !== 'active') throw new Error('a warning ended it')
  return { ...warned, unshown: false }
}
