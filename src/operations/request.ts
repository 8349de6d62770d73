import { countEarlier } from './earlier-requests.ts'
import { findEntitlement, type Entitlement } from '../domain/catalog.ts'
import { slotOf, type Grant, type Pending } from '../domain/grant.ts'
import { requestedGrant } from '../domain/new-grant.ts'
import type { PersonFacts, SlackIdentity } from '../domain/person.ts'
import { mayAskForOthers, mayHold, placeFor, type Reason } from '../domain/policy.ts'
import { explain } from '../domain/explain.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { timingOf, type Wish } from '../domain/timing.ts'
import { transition } from '../domain/transition.ts'
import { approveAhead } from './approve-ahead.ts'
import { isSame } from './withdraw.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

export interface Ask extends Wish {
  /** The same for a redelivered submission: it then finds what it already made. */
  readonly requestId: string
  /** Which of several that are asked for in one submission. */
  readonly line?: number
  /** How many the form asks for together; one unless said. */
  readonly lines?: number
  readonly by: SlackIdentity
  /** Who will hold it, where that is somebody else. */
  readonly holder?: SlackIdentity | null
  readonly resource: string
  readonly entitlement: string
  readonly reason: string
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
  const fit = await fitToAsk(one, ask)
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
    const blocked = isOutdated(world, one) ? newRules(null) : await makeRoom(world, asked)
    if (blocked !== null) {
      await ahead.undo()
      return blocked
    }
    const written = await world.grants.insert({ ...ahead.grant, revision: 0 })
    if (written.outcome !== 'inserted') await ahead.undo()
    if (written.outcome !== 'open') return written.grant
  }
  return refuse('unsure', { reasons: ['another request for the same access is being made right now'] })
}

/** The request as it would be written, by the rules of now; writes nothing. */
export async function fitToAsk(
  world: World,
  ask: Ask,
): Promise<{ asked: Pending; subject: PersonFacts; entitlement: Entitlement } | Refusal> {
  const { by, holder } = ask
  const isForAnother = holder != null && !isSame(holder, by)
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
  const refusal = whyNot(world, subject, entitlement, ask)
  if (refusal !== null) return isForAnother ? notForThem(refusal, subject) : refusal
  const timing = timingOf(ask, entitlement, now)
  if (isRefusal(timing)) return timing
  const { requestId, line = 0, lines = 1, durationMs, reason } = ask
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
    },
    world.clock.now(),
  )
  return { asked, subject, entitlement }
}

/**
 * What is wrong with the person is said of them, and not which rule: that would tell who is in which group. What is wrong
 * with the form stays as it is.
 */
function notForThem(refusal: Refusal, { person }: PersonFacts): Refusal {
  const aboutPeople = ['not-allowed', 'external', 'not-here', 'no-principal', 'unsure'] as const
  const isAbout = aboutPeople.some((code) => code === refusal.refused)
  if (!isAbout) return refusal
  const why = refusal.refused === 'unsure' ? ['Curfew could not find out whether they may have it'] : []
  return refuse('not-for-them', { reasons: [person.name, ...why] })
}

function whyNot(world: World, facts: PersonFacts, entitlement: Entitlement, ask: Ask): Refusal | null {
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
  return 'unresolved' in place ? refuse('no-principal', { reasons: [place.unresolved] }) : null
}

function codeFor(reasons: readonly Reason[]): Refusal['refused'] {
  if (reasons.some(({ kind }) => kind === 'external')) return 'external'
  if (reasons.some(({ kind }) => kind === 'not-here')) return 'not-here'
  return reasons.some((reason) => reason.kind === 'rule' && reason.answer === 'unknown')
    ? 'unsure'
    : 'not-allowed'
}

/** A newer request takes the place of a pending one; what is held or being taken back stands in the way. */
async function makeRoom(world: World, grant: Pending): Promise<Refusal | null> {
  const { subject, resource, entitlement } = grant
  const open = await world.grants.openOf(subject.id)
  const same = open.find(
    (g) =>
      g.resource.id === resource.id && g.entitlement.id === entitlement.id && slotOf(g) === slotOf(grant),
  )
  // The same submission, delivered twice at once: what the other one made is not older, and is found by inserting.
  if (same?.requestId === grant.requestId) return null
  // Only whoever asked before may put something new in its place.
  if (same?.status === 'pending' && same.requester.id !== grant.requester.id)
    return refuse('asked-already', { grant: same })
  if (same?.status === 'revoking') return refuse('being-taken', { grant: same })
  if (same && same.status !== 'pending') return refuse('already-held', { grant: same })
  if (!same) {
    const pending = open.filter((one) => one.status === 'pending' && one.requestId !== grant.requestId)
    const requests = new Set(pending.map(({ requestId }) => requestId))
    return requests.size >= mostPending ? refuse('too-many-open') : null
  }
  const { requester } = grant
  const withdrawn = await world.grants.change(same.id, (current, now) =>
    transition(current, { type: 'withdraw', by: requester, supersededBy: grant.id }, now),
  )
  return isRefusal(withdrawn) && withdrawn.grant?.status !== 'withdrawn'
    ? await makeRoomAgain(world, grant)
    : null
}

/** The pending one was decided in that very moment: what it became decides now. */
const makeRoomAgain = async (world: World, grant: Pending): Promise<Refusal | null> => {
  const now = await world.grants.openFor({
    subjectId: grant.subject.id,
    resource: grant.resource.id,
    entitlement: grant.entitlement.id,
    slot: slotOf(grant),
  })
  if (now === null || now.status === 'pending' || now.requestId === grant.requestId) return null
  return refuse(now.status === 'revoking' ? 'being-taken' : 'already-held', { grant: now })
}
