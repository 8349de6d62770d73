import { countEarlier } from './earlier-requests.ts'
import { shortId } from '../domain/devices/device.ts'
import { findEntitlement, type Entitlement } from '../domain/catalog.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import { slotOf, type Grant, type GrantPlace, type Pending } from '../domain/grant.ts'
import { requestedGrant } from '../domain/new-grant.ts'
import { isSamePerson, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { mayAskForOthers, mayHold, placeFor, type Reason } from '../domain/policy.ts'
import { explain } from '../domain/explain.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { timingOf, type Wish } from '../domain/timing.ts'
import { transition } from '../domain/transition.ts'
import { approveAhead } from './approve-ahead.ts'
import { provenBy } from './confirm/proven.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

export interface Ask extends Wish {
  /** The same for a redelivered submission: it then finds what it already made. */
  readonly requestId: string
  /** Which of several that are asked for in one submission. */
  readonly line?: number
  /** How many the form asks for together; one unless said. */
  readonly lines?: number
  readonly by: PersonRef
  /** Who will hold it, where that is somebody else. */
  readonly holder?: PersonRef | null
  readonly resource: string
  readonly entitlement: string
  readonly reason: string
  /** By its id: on which of their devices, where it is for one. */
  readonly device?: { readonly id: string } | null
  /** They just confirmed that it is they; without it a young proof counts, where the catalog asks for one. */
  readonly confirmation?: Confirmation | null
}

export const reasonLength = { least: 10, most: 500 } as const
const mostPending = 5
/** Each asking is a new card that mentions people. */
export const mostAsked = { times: 30, withinMs: 3_600_000 } as const

/**
 * Asks for access, for oneself or, where the catalog lets them, for somebody else: a grant that its approvers will see,
 * one that needs nobody any more, or a refusal that says why not.
 * An older pending request for the same thing is withdrawn first. Nothing is given here.
 */
export async function requestAccess(world: World, ask: Ask): Promise<Grant | Refusal> {
  const { line = 0 } = ask
  const redelivered = (await world.grants.byRequest(ask.requestId)).find((made) => made.line === line)
  if (redelivered) return redelivered
  const one = withOneCatalog(world)
  const proven = await withProof(one, ask)
  const fit = isRefusal(proven) ? proven : await fitToAsk(one, proven)
  if (isRefusal(fit)) return fit
  const { subject, entitlement } = fit
  const since = new Date(fit.asked.requestedAt.getTime() - mostAsked.withinMs)
  const [others, earlier] = await Promise.all([
    world.grants.requestsSince(fit.asked.requester.id, since),
    countEarlier(world, fit.asked),
  ])
  const asked: Pending = { ...fit.asked, asker: fit.asked.asker && { ...fit.asked.asker, earlier } }
  if (others.filter((id) => id !== asked.requestId).length >= mostAsked.times)
    return refuse('asked-too-often')
  for (let attempt = 0; attempt < 3; attempt++) {
    const ahead = await approveAhead(one, asked, subject, entitlement)
    const found = await roomFor(world, asked)
    const room = isOutdated(world, one) ? newRules(null) : found
    if (isRefusal(room)) {
      await ahead.undo()
      return room
    }
    const written = await world.grants.insert({ ...ahead.grant, revision: 0 }, room.replaced)
    if (written.outcome !== 'inserted') await ahead.undo()
    if (written.outcome !== 'open') return written.grant
  }
  return refuse('unsure', { reasons: ['another request for the same access is being made right now'] })
}

/** With the proof that it is they, where the catalog asks whoever asks for one; a refusal where they must confirm first. */
export async function withProof<Asked extends Pick<Ask, 'by' | 'resource' | 'entitlement' | 'confirmation'>>(
  world: World,
  ask: Asked,
): Promise<Asked | Refusal> {
  const entitlement = findEntitlement(world.catalog(), ask.resource, ask.entitlement)
  if (entitlement?.asksProof !== true) return { ...ask, confirmation: null }
  const confirmation = await provenBy(world, ask.by, ask.confirmation)
  return confirmation === null ? refuse('must-confirm') : { ...ask, confirmation }
}

/** The request as it would be written, by the rules of now; writes nothing. */
export async function fitToAsk(
  world: World,
  ask: Ask,
): Promise<{ asked: Pending; subject: PersonFacts; entitlement: Entitlement } | Refusal> {
  const { by, holder } = ask
  const isForAnother = holder != null && !isSamePerson(holder, by)
  const [requester, subject] = await Promise.all([
    world.directory.facts(by),
    world.directory.facts(isForAnother ? holder : by),
  ])
  if (requester === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  if (subject === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who that is'] })
  const entitlement = findEntitlement(world.catalog(), ask.resource, ask.entitlement)
  if (entitlement === null) return refuse('unknown-entitlement')
  const now = world.clock.now()
  if (isForAnother && !mayAskForOthers(requester, entitlement, ask, now)) return refuse('not-for-others')
  const device = deviceAsked(subject, ask.device)
  const place = whereOrWhyNot(world, subject, entitlement, { ...ask, device: device ?? ask.device ?? null })
  if (isRefusal(place)) return isForAnother ? notForThem(place, subject) : place
  const timing = timingOf(ask, entitlement, now)
  if (isRefusal(timing)) return timing
  const { requestId, line = 0, lines = 1, durationMs, reason, confirmation = null } = ask
  const asked = requestedGrant(
    {
      id: world.newId(),
      requestId,
      line,
      lines,
      requester,
      subject,
      entitlement,
      durationMs,
      reason,
      timing,
      principal: place.principal,
      device,
      confirmation,
    },
    world.clock.now(),
  )
  return { asked, subject, entitlement }
}

/** Theirs that was asked for, by its id or the short one; null: it is none of theirs. */
export function deviceAsked({ devices }: PersonFacts, asked: Ask['device']): Grant['device'] {
  const device =
    asked == null ? undefined : devices?.find(({ id }) => id === asked.id || shortId(id) === asked.id)
  return device === undefined ? null : { id: device.id, name: device.name }
}

/**
 * What is wrong with the person is said of them, and not which rule: that would tell who is in which group. What is wrong
 * with the form stays as it is.
 */
function notForThem(refusal: Refusal, { person }: PersonFacts): Refusal {
  const aboutPeople = ['not-allowed', 'unfit', 'external', 'not-here', 'no-principal', 'unsure'] as const
  const isAbout = aboutPeople.some((code) => code === refusal.refused)
  if (!isAbout) return refusal
  const why = refusal.refused === 'unsure' ? ['Curfew could not find out whether they may have it'] : []
  return refuse('not-for-them', { reasons: [person.name, ...why] })
}

function whereOrWhyNot(
  world: World,
  facts: PersonFacts,
  entitlement: Entitlement,
  ask: Ask,
): GrantPlace | Refusal {
  if (entitlement.mode !== 'approval') return refuse('not-asked-for')
  const { least, most } = reasonLength
  if (ask.reason.trim().length < least || ask.reason.trim().length > most) return refuse('bad-reason')
  const { durationMs } = ask
  if (!Number.isInteger(durationMs) || durationMs <= 0 || durationMs > entitlement.duration.maxMs) {
    return refuse('bad-duration')
  }
  const now = world.clock.now()
  const verdict = mayHold(facts, entitlement, ask, now)
  if (verdict.answer !== 'yes')
    return refuse(codeFor(verdict.reasons), { reasons: verdict.reasons.map(explain) })
  const place = placeFor(world.catalog(), facts, entitlement, ask, now)
  return 'unresolved' in place ? refuse('no-principal', { reasons: [place.unresolved] }) : place
}

function codeFor(reasons: readonly Reason[]): Refusal['refused'] {
  if (reasons.some(({ kind }) => kind === 'external')) return 'external'
  if (reasons.some(({ kind }) => kind === 'not-here')) return 'not-here'
  if (reasons.some(({ kind }) => kind === 'unfit')) return 'unfit'
  const isUnsure = (reason: Reason): boolean =>
    reason.kind === 'unread-devices' || (reason.kind === 'rule' && reason.answer === 'unknown')
  return reasons.some(isUnsure) ? 'unsure' : 'not-allowed'
}

/**
 * A newer request takes the place of a pending one, which is withdrawn as the new one is written; what is held or being
 * taken back stands in the way.
 */
async function roomFor(
  world: World,
  grant: Pending,
): Promise<{ readonly replaced: { readonly from: Grant; readonly to: Grant } | null } | Refusal> {
  const { requester, subject, resource, entitlement } = grant
  const open = await world.grants.openOf(subject.id)
  const same = open.find(
    (g) =>
      g.resource.id === resource.id && g.entitlement.id === entitlement.id && slotOf(g) === slotOf(grant),
  )
  // The same submission, delivered twice at once: what the other one made is not older, and is found by inserting.
  if (same?.requestId === grant.requestId) return { replaced: null }
  // Only whoever asked before may put something new in its place.
  if (same?.status === 'pending' && same.requester.id !== requester.id)
    return refuse('asked-already', { grant: same })
  if (same?.status === 'revoking') return refuse('being-taken', { grant: same })
  if (same && same.status !== 'pending') return refuse('already-held', { grant: same })
  if (!same) {
    const pending = open.filter((one) => one.status === 'pending' && one.requestId !== grant.requestId)
    const requests = new Set(pending.map(({ requestId }) => requestId))
    return requests.size >= mostPending ? refuse('too-many-open') : { replaced: null }
  }
  const event = { type: 'withdraw', by: requester, supersededBy: grant.id } as const
  const withdrawn = transition(same, event, world.clock.now())
  return isRefusal(withdrawn) ? withdrawn : { replaced: { from: same, to: withdrawn } }
}
