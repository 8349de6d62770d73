import { owesReview } from '../../domain/break-glass.ts'
import { findEntitlement } from '../../domain/catalog.ts'
import { agreedUntil, keepsWord } from '../../domain/debt.ts'
import { postureDueAt } from '../../domain/devices/posture.ts'
import { explainAll } from '../../domain/explain.ts'
import type { Active, Grant, Granting, Pending, Revoking } from '../../domain/grant.ts'
import type { EndCause } from '../../domain/grant.ts'
import { leftNow } from './left-now.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { mayKeep, stillAllows, type Verdict } from '../../domain/policy.ts'
import { renewsAt, termMs } from '../../domain/standing.ts'
import { nudgeDueAt } from '../../domain/stages.ts'
import { isRefusal, refuse } from '../../domain/refusal.ts'
import { transition } from '../../domain/transition.ts'
import { wordTakenBack } from '../word-taken-back.ts'
import { Denied, endIfDue, join, leave, leadMs, owe, type MayJoin } from './hold-protocol.ts'
import { LeaseLost } from './lease.ts'
import { settlePosture } from './posture-of.ts'
import { record } from './record.ts'
import { settleSeries, stopSeriesOf, whyWindowIsShut } from './open-windows.ts'
import { isOutdated, withOneCatalog, type Deciding, type World } from '../world.ts'

/**
 * Does for one grant whatever is due: lapses it, gives, warns, takes back. Safe to call at any time, any number of
 * times, on any replica; what fails stays due. Never throws. A copy that this process `wrote` a moment ago saves readings.
 */
export async function settle(world: World, grantId: string, wrote: Grant | null = null): Promise<void> {
  try {
    const grant = wrote ?? (await world.grants.get(grantId))
    if (grant) await settleNow(world, grant, { isWritten: wrote !== null })
  } catch (error) {
    if (error instanceof LeaseLost) {
      world.log.info('another process took over', { grantId })
    } else {
      world.log.error('could not settle a grant now', { grantId, error })
    }
  }
}

async function settleNow(
  world: World,
  grant: Grant,
  { isWritten = false }: { isWritten?: boolean } = {},
): Promise<void> {
  const now = world.clock.now()
  const remindAt = owesReview(grant) ? grant.afterReview.remindAt : null
  if (remindAt !== null && remindAt <= now) await record(world, grant.id, { type: 'remind' }, grant)
  switch (grant.status) {
    case 'pending':
      if (grant.lapsesAt <= now) await record(world, grant.id, { type: 'lapse' }, grant)
      else if ((nudgeDueAt(grant) ?? grant.lapsesAt) <= now) await nudge(world, grant)
      return
    case 'waiting':
      if (isNear(grant.opensAt, now)) {
        const opened = await record(world, grant.id, { type: 'open', leadMs }, grant)
        // What is left of its lead is for its preparation.
        if (!isRefusal(opened) && opened.status === 'granting') await settleNow(world, opened)
      }
      return
    case 'recurring':
      return settleSeries(world, grant)
    case 'granting':
      await alertIfLate(world, grant, now)
      if (grant.endsAt <= now) await world.grants.change(grant.id, endIfDue)
      else if (grant.retryAt <= now) await join(world, grant, () => mayGive(world, grant))
      return
    case 'active':
      if (grant.warnAt !== null && grant.warnAt <= now) await record(world, grant.id, { type: 'warn' }, grant)
      if ((postureDueAt(grant.posture) ?? grant.endsAt) <= now && now < grant.endsAt)
        return settlePosture(world, grant).then(() => undefined)
      if (grant.isStanding && renewsAt(grant) <= now && now < grant.endsAt) {
        await record(world, grant.id, { type: 'renew', endsAt: new Date(now.getTime() + termMs) }, grant)
        return
      }
      if (isNear(grant.endsAt, now)) await leave(world, grant)
      else if (grant.owed !== null && grant.owed.retryAt <= now)
        await join(world, grant, () => mayTellMore(world, grant))
      return
    case 'revoking':
      await alertIfLate(world, grant, now)
      if (grant.retryAt <= now || (grant.tries === 0 && isNear(grant.takeAt, now)))
        await leave(world, grant, { isWritten })
      return
    case 'withdrawn':
      if (grant.dueAt !== null) await world.grants.finishReplacing(grant.id)
      return
    case 'denied':
    case 'lapsed':
    case 'ended':
      return
  }
}

/** By the rules of now for the stage that waits. */
async function nudge(world: World, { id, resource, entitlement, nudge: seen }: Pending): Promise<void> {
  const rules = findEntitlement(world.catalog(), resource.id, entitlement.id)
  const stage = rules?.review.stages[seen?.stage ?? 0] ?? null
  await world.grants.change(id, (grant, now) => transition(grant, { type: 'nudge', rules: stage }, now))
}

/**
 * Before the system is told of a later end: would it be given now, with all its time? Where not, the end that the system
 * knows stands, and the next look at what is held decides. Where that cannot be said, it is told of what was agreed.
 */
async function mayTellMore(world: World, grant: Active): Promise<MayJoin> {
  if (world.isAfterRestore()) return owed(world, grant, restored)
  if (world.leavesSlackToOthers()) return false
  const { subject } = grant
  const askedAt = world.clock.now()
  const facts = await world.directory.facts(subject)
  const now = world.clock.now()
  const agreed = agreedUntil(grant, now) === null ? null : 'agreed'
  if (facts === 'unknown')
    return agreed ?? owed(world, grant, `Slack did not say whether ${subject.name} is still here`)
  const verdict = mayKeep(world.catalog(), facts, grant, now)
  if (verdict.answer === 'yes') {
    // Noted before anything is told: whoever comes next may find Slack silent.
    if (keepsWord(grant)) await record(world, grant.id, { type: 'allowed', at: askedAt }, grant)
    return { saidYesAt: askedAt }
  }
  const why = explainAll(verdict.reasons)
  if (verdict.answer === 'unknown') return agreed ?? owed(world, grant, why)
  await owe(world, grant.id, new Denied(why, askedAt))
  return false
}

const restored = 'after a restore nothing is given until all that is held was explained'

/** What is to become of what is about to be given. 'later': it stays due, and nothing is written. */
type Giving = 'give' | 'later' | { readonly owed: string } | Refused

interface Refused {
  readonly why: string
  /** The windows to come too, and what may go on by itself. */
  readonly ends: boolean
  readonly cause?: EndCause
}

/**
 * Right before giving: is the time known, is the person still here, do the rules of this moment still allow it? By one
 * catalog: where another came into force before it was found out, it is found out again.
 */
async function mayGive(world: World, grant: Granting): Promise<boolean> {
  for (;;) {
    const one = withOneCatalog(world)
    const allowed = await whetherToGive(one, grant)
    const giving = allowed === 'give' && !isOutdated(world, one) ? await isFitNow(world, grant) : allowed
    if (isOutdated(world, one)) continue
    if (giving === 'give' || giving === 'later') return giving === 'give'
    return 'owed' in giving ? owed(world, grant, giving.owed) : refused(world, grant, giving)
  }
}

async function whetherToGive(world: Deciding, grant: Granting): Promise<Giving> {
  if (world.isAfterRestore()) return { owed: restored }
  // The other replica finds it within a second or two.
  if (world.leavesSlackToOthers()) return 'later'
  // After an outage the sample is old, though the database answers again.
  if (!world.clock.isSure()) await world.clock.sample()
  if (!world.clock.isSure()) return { owed: 'the database does not tell the time' }
  // By rule, many get it at once: what was just read of everybody is fresh enough to give by, and not to refuse by.
  const { directory } = world
  const { subject } = grant
  const remembered = grant.isStanding ? await directory.facts(subject) : 'unknown'
  const isAllowed =
    remembered !== 'unknown' && remembered.isHere && judged(world, remembered, grant).answer === 'yes'
  const facts = isAllowed ? remembered : await directory.freshFacts(subject)
  if (facts === 'unknown') return { owed: `Slack did not say whether ${grant.subject.name} is still here` }
  if ((grant.isStanding || grant.auto !== null) && !world.agrees())
    return { owed: 'the replicas of Curfew go by different catalogs just now' }
  if (!facts.isHere) {
    const { cause, note } = leftNow(subject, facts)
    return { why: note, ends: true, cause }
  }
  const verdict = judged(world, facts, grant)
  if (verdict.answer === 'unknown') return { owed: explainAll(verdict.reasons) }
  if (verdict.answer === 'no') {
    // A device is mended in a minute: the windows to come, and what may go on, are not given up for that.
    const isUnfit = verdict.reasons.some(({ kind }) => kind === 'unfit')
    const why = explainAll(verdict.reasons)
    return isUnfit ? { why, ends: false, cause: 'unfit' } : { why, ends: true }
  }
  const takenBack = await wordTakenBack(world, grant)
  if (takenBack !== null) return { why: takenBack, ends: true }
  const shut = await whyWindowIsShut(world, grant)
  if (shut === null) return 'give'
  return 'unsure' in shut ? { owed: shut.unsure } : shut
}

/** What is prepared a little ahead is judged as of its instant. */
function judged({ catalog, clock }: World, facts: PersonFacts, grant: Granting): Verdict {
  const now = clock.now()
  return stillAllows(catalog(), facts, grant, grant.giveAt > now ? grant.giveAt : now)
}

/** From here on whatever its device becomes is seen: what is not fit in this very moment is not given. */
async function isFitNow(world: World, grant: Granting): Promise<Giving> {
  const { device } = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id) ?? {}
  if (device == null && grant.device === null) return 'give'
  const noted = await settlePosture(world, grant)
  if (noted.status !== 'granting') return 'later'
  const unfit = noted.posture?.unfit ?? null
  if (unfit === null || unfit.steadyAt !== null) return 'give'
  return { why: unfit.why, ends: false, cause: 'unfit' }
}

async function refused(
  world: World,
  grant: Granting,
  { why, ends, cause = 'failed' }: Refused,
): Promise<false> {
  // First what comes later: whoever dies in between finds this window still to be refused.
  if (ends) await stopSeriesOf(world, grant, why)
  const takeAt = world.clock.now()
  const end = { type: 'end', cause, by: null, note: why, takeAt } as const
  // Another replica may have given it since: then it could be given, and the next look at what is held decides.
  await world.grants.change(
    grant.id,
    (current, now) =>
      current.status === 'granting' ? transition(current, end, now) : refuse('too-late', { grant: current }),
    grant,
  )
  return false
}

async function owed(world: World, grant: Granting | Active, why: string): Promise<false> {
  await owe(world, grant.id, new Error(why))
  return false
}

async function alertIfLate(world: World, grant: Granting | Revoking, now: Date): Promise<void> {
  if (grant.alertAt === null || now < grant.alertAt) return
  world.log.error('a debt to a system is late', {
    grantId: grant.id,
    status: grant.status,
    tries: grant.tries,
    lastError: grant.lastError,
  })
  await record(world, grant.id, { type: 'alert' }, grant)
}

const isNear = (at: Date, now: Date): boolean => at.getTime() - leadMs <= now.getTime()
