import { findEntitlement, type Entitlement } from '../domain/catalog.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import { explain } from '../domain/explain.ts'
import type { Grant } from '../domain/grant.ts'
import { emergencyGrant } from '../domain/new-grant.ts'
import { refTo, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { mayHold, codeOf, placeFor } from '../domain/policy.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { provenBy } from './confirm/proven.ts'
import { reasonLength } from './request.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/** Taken again within this time, it is said louder. */
const lookBackMs = 24 * 3_600_000
const mostLookedAt = 50

export interface Emergency {
  /** The same for a redelivered submission: it then finds what it already made. */
  readonly requestId: string
  readonly by: PersonRef
  readonly resource: string
  readonly entitlement: string
  readonly durationMs: number
  readonly reason: string
  /** Must be the entitlement's name: nobody breaks glass by a slip of the hand. */
  readonly typed: string
  /** They just confirmed that it is they; without it a young proof counts, where the catalog asks for one. */
  readonly confirmation?: Confirmation | null
  /** Nothing that they could confirm with answers, they say, and all shall know. */
  readonly isUnconfirmed?: boolean
}

/**
 * Takes access at once, where the catalog allows it to whoever may ask: recorded first, then given like any other. Its
 * admins are told, and a review is owed. Pending requests stay as they are.
 */
export async function breakGlass(world: World, emergency: Emergency): Promise<Grant | Refusal> {
  const [redelivered] = await world.grants.byRequest(emergency.requestId)
  if (redelivered) return redelivered
  const one = withOneCatalog(world)
  const facts = await world.directory.facts(emergency.by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const entitlement = entitlementFor(one, facts, emergency)
  if (isRefusal(entitlement)) return entitlement
  const proof = await proofFor(one, facts, entitlement, emergency)
  if (isRefusal(proof)) return proof
  const now = world.clock.now()
  const place = placeFor(one.catalog(), facts, entitlement, emergency, now)
  if ('unresolved' in place) return refuse('no-principal', { reasons: [place.unresolved] })
  const held = await world.grants.openOf(facts.person.id)
  const same = held.find(
    (grant) =>
      grant.status === 'active' &&
      grant.resource.id === emergency.resource &&
      grant.entitlement.id === emergency.entitlement,
  )
  if (same) return refuse('already-held', { grant: same })
  const since = new Date(now.getTime() - lookBackMs)
  const before = (await world.grants.latestOf(facts.person.id, mostLookedAt)).filter(
    (grant) =>
      grant.isBreakGlass &&
      grant.requestedAt > since &&
      grant.resource.id === emergency.resource &&
      grant.entitlement.id === emergency.entitlement,
  )
  if (isOutdated(world, one)) return newRules(null)
  const { requestId, durationMs, reason } = emergency
  const brokenBefore = before.length
  const id = world.newId()
  const taken = emergencyGrant(
    { id, requestId, facts, entitlement, durationMs, reason, place, brokenBefore, ...proof },
    world.clock.now(),
  )
  const written = await world.grants.insert(taken)
  if (written.outcome === 'open') return refuse('already-held', { grant: written.grant })
  if (proof.isUnconfirmed && written.outcome === 'inserted')
    world.confirming.wentWithout(
      refTo(facts.person),
      `${entitlement.name} on ${entitlement.resource.name}`,
      entitlement.admins,
    )
  return written.grant
}

/** What would be taken, but for confirming who they are; writes nothing. */
export async function wouldBreakGlass(world: World, emergency: Emergency): Promise<Entitlement | Refusal> {
  const facts = await world.directory.facts(emergency.by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  return entitlementFor(world, facts, emergency)
}

/** May this person break the glass without confirming, as nothing that they could confirm with answers now? */
export async function mayGoUnconfirmed(
  world: World,
  by: PersonRef,
  what: Pick<Emergency, 'resource' | 'entitlement'>,
): Promise<boolean> {
  const catalog = world.catalog()
  const rules = findEntitlement(catalog, what.resource, what.entitlement)?.breakGlass
  return rules?.proof === 'unless-down' && world.confirming.isDown(by, catalog.proof.methods)
}

async function proofFor(
  world: World,
  { person }: PersonFacts,
  { breakGlass: rules }: Entitlement,
  emergency: Emergency,
): Promise<{ confirmation: Confirmation | null; isUnconfirmed: boolean } | Refusal> {
  if (rules === null || rules.proof === 'none') return { confirmation: null, isUnconfirmed: false }
  const by = refTo(person)
  const confirmation = await provenBy(world, by, emergency.confirmation)
  if (confirmation !== null) return { confirmation, isUnconfirmed: false }
  if (emergency.isUnconfirmed !== true || !(await mayGoUnconfirmed(world, by, emergency)))
    return refuse('must-confirm')
  world.log.warn('glass is broken without confirming: nothing to confirm with answers', { by: by.id })
  return { confirmation: null, isUnconfirmed: true }
}

function entitlementFor(world: World, facts: PersonFacts, emergency: Emergency): Entitlement | Refusal {
  const entitlement = findEntitlement(world.catalog(), emergency.resource, emergency.entitlement)
  if (entitlement === null) return refuse('unknown-entitlement')
  return whyNot(world, facts, entitlement, emergency) ?? entitlement
}

function whyNot(
  world: World,
  facts: PersonFacts,
  entitlement: Entitlement,
  { durationMs, reason, typed }: Emergency,
): Refusal | null {
  const rules = entitlement.breakGlass
  if (rules === null || entitlement.mode !== 'approval') return refuse('no-break-glass')
  if (typed.trim() !== entitlement.name) return refuse('bad-typed')
  const { length } = reason.trim()
  if (length < reasonLength.least || length > reasonLength.most) return refuse('bad-reason')
  if (!Number.isInteger(durationMs) || durationMs <= 0 || durationMs > rules.maxMs)
    return refuse('bad-duration')
  const verdict = mayHold(facts, entitlement, { durationMs, reason }, world.clock.now())
  if (verdict.answer === 'yes') return null
  return refuse(codeOf(verdict), { reasons: verdict.reasons.map(explain) })
}
