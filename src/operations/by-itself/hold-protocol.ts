import { ConnectorError, type Shown } from '../../domain/connector.ts'
import { agreedUntil, isDeniedSince } from '../../domain/debt.ts'
import { after, earliest, later } from '../../domain/instants.ts'
import { UnknownRecord } from '../../domain/unknown-record.ts'
import { cut } from '../../domain/cut.ts'
import type { Active, Approved, Grant, Granting, Revoking, Secret } from '../../domain/grant.ts'
import { holdId, type Hold, type HoldKey, type Left } from '../../domain/hold.ts'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal, refuse, type Refusal } from '../../domain/refusal.ts'
import type { Event } from '../../domain/event.ts'
import { transition } from '../../domain/transition.ts'
import { Lease, LeaseLost, type Outcome } from './lease.ts'
import { observeCall } from './observe-call.ts'
import { record } from './record.ts'
import { retryAt } from './retry.ts'
import type { World } from '../world.ts'

/*
 * Giving and taking safely. A hold is one principal having one target; grants claim it. The numbers are the rules of
 * docs/holds.md; rules 1 to 4 and 12 are the lease's. Only `join`, `leave`, `repair` and `handOver` call a system to
 * change it.
 * Each throws `LeaseLost` when somebody else took over: there is nothing left to do then.
 */

/** How far ahead of its instant an end is prepared, so that only the call itself is left for then. */
export const leadMs = 4_000

/** What was read so lately is not read again right before the call: no reading could be much newer. */
const freshMs = 200

/**
 * False: not now. `agreed`: its system is told of no more than is agreed and not told yet (`agreedUntil`). Or when those were
 * asked who said yes: a no of later stands.
 */
export type MayJoin = false | Allowed
type Allowed = true | 'agreed' | { readonly saidYesAt: Date }

/**
 * Gives what a granting grant was approved for and makes it active; or tells the system of an active one's new end.
 * An opening that is still ahead is prepared: the hold is claimed under the lease, and nothing is given before.
 */
export async function join(
  world: World,
  seen: Granting | Active,
  mayGive: () => Promise<MayJoin>,
): Promise<void> {
  const { queues } = world
  await queues.turn(holdId(holdingOf(seen)), async () => {
    const ready = await queues.step(seen.system, 'prepare', async () => {
      // Asked when the turn has come: minutes may have passed in the queue of a slow system.
      const may = await mayGive()
      if (may === false) return null
      const lease = await takeLease(world, seen)
      return (
        lease && orOwe(world, lease, seen.id, () => prepareToJoin(world, lease, { grantId: seen.id, may }))
      )
    })
    if (ready === null) return
    await waitUntil(world, startOf(ready.grant))
    await queues.step(seen.system, 'call', () =>
      orOwe(world, ready.lease, seen.id, () => giveNow(world, ready)),
    )
  })
}

/** What fails under a lease stays owed; whether the lease runs out depends on what was sent. */
async function orOwe<T>(
  world: World,
  lease: Lease,
  grantId: string,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    await lease.abandon()
    await owe(world, grantId, error)
    return null
  }
}

interface Prepared {
  readonly lease: Lease
  readonly grant: Granting | Active
  readonly may: Allowed
  /** Its end, as far as it may be given. */
  readonly until: Date
  /** Its instant was still ahead: much may have happened since. */
  readonly isAhead: boolean
  readonly readAtMs: number
}

/** Reading, asking, claiming and announcing: all of a join but the call. Null when nothing is left to call. */
async function prepareToJoin(
  world: World,
  lease: Lease,
  { grantId, may }: { grantId: string; may: Allowed },
): Promise<Prepared | null> {
  // 5. Read the grant again under the lease; stop if it moved on, or if its end came first.
  const readAtMs = world.clock.monotonicMs()
  const read = await world.grants.get(grantId)
  const now = world.clock.now()
  const grant = read !== null && isJoining(read, now) ? read : null
  const until = grant && untilOf(grant, { may, now, claimed: lease.hold.claims[grantId] })
  if (grant === null || until === null) {
    await lease.release()
    return null
  }
  if (lease.isElsewhere) throw new Error(elsewhere(grant.system))

  // 5. Ask the system when nobody claims, or when it held before: that may only go from true to false.
  const claiming = Object.keys(lease.hold.claims)
  const wasHeldBefore = claiming.length > 0 && lease.hold.heldBefore
  const isUnclaimed = claiming.length === 0
  const heldBefore = (isUnclaimed || lease.hold.heldBefore) && (await lease.has())

  // 6. Claim it. What was held before is not given; else it is, until the latest end of all claims.
  const waitMs = Math.max(0, startOf(grant).getTime() - world.clock.now().getTime())
  const keepMs = waitMs + lease.callMs
  const claim = { where: lease.where, heldBefore, claim: { grantId, end: until }, leftover: null }
  if (heldBefore) await lease.write({ ...claim, keepMs })
  // While a give is watched, be it since the system was asked, nothing was held before: what is there is ours.
  if (!heldBefore || !lease.hold.heldBefore) {
    const ours = { ...claim, heldBefore: false }
    await lease.announce('give', `${grantId} until ${until.toISOString()}`, ours, keepMs)
    // Whoever claims it and was told that it was held before holds what is ours from now on.
    for (const id of wasHeldBefore ? claiming : []) if (id !== grantId) await isOurs(world, id)
    if (grant.status === 'active' && grant.heldBefore) await isOurs(world, grantId)
  }
  return { lease, grant, may, until, isAhead: waitMs > 0, readAtMs }
}

async function giveNow(
  world: World,
  { lease, grant: seen, may, until, isAhead, readAtMs }: Prepared,
): Promise<void> {
  const { id } = seen
  const { heldBefore } = lease.hold
  // 5. Called off while it waited for its instant, or for its place in the queue: whoever ended it takes back what is claimed.
  const isFresh = world.clock.monotonicMs() - readAtMs < freshMs
  const grant = isFresh ? seen : await world.grants.get(id)
  const now = world.clock.now()
  if (grant === null || !isJoining(grant, now) || untilOf(grant, { may, now }) === null) {
    return lease.release(heldBefore ? {} : lease.known)
  }
  const told = { heldUntil: until }
  if (heldBefore) {
    if (isAhead && !(await isStillHeldBefore(lease)))
      throw new Error('it was held before, and is not any more')
    await record(world, id, joined(seen, { ...told, heldBefore: true, secret: null }), grant)
    await lease.release()
    return
  }
  observeCall(world, grant)
  const outcome = await lease.give()
  if (outcome.what !== 'done') {
    await lease.finish(outcome)
    return owe(world, id, outcome.error)
  }
  // The grant moves on before the lease is given back: else another process could find it waiting, and give again.
  await lease.write(lease.known)
  await record(world, id, joined(seen, { ...told, heldBefore: false, secret: secretOf(lease) }), grant)
  await lease.finish(outcome)
}

async function isStillHeldBefore(lease: Lease): Promise<boolean> {
  await lease.reread()
  return lease.hold.heldBefore && lease.has()
}

/** When its call may be made at the earliest. */
const startOf = (grant: Granting | Active): Date => (grant.status === 'granting' ? grant.giveAt : new Date(0))

/**
 * Until when it may be given; null: its system may not be told of more than it knows. Never less than was claimed: by somebody's
 * word that may have been given, though nobody noted it.
 */
function untilOf(
  grant: Granting | Active,
  { may, now, claimed }: { may: Allowed; now: Date; claimed?: Date | undefined },
): Date | null {
  if (may === true) return grant.endsAt
  if (may !== 'agreed') return isDeniedSince(grant, may.saidYesAt, now) ? null : grant.endsAt
  const agreed = grant.status === 'active' ? agreedUntil(grant, now) : null
  return agreed && earliest(grant.endsAt, later(agreed, claimed ?? agreed))
}

/** It waits to be given, or its new end to be told, and its time is not up. Extending is joining again. */
const isJoining = (grant: Grant, now: Date): grant is Granting | Active =>
  (grant.status === 'granting' || (grant.status === 'active' && grant.owed !== null)) && now < grant.endsAt

const joined = (
  { status }: Granting | Active,
  { heldUntil, heldBefore, secret }: { heldUntil: Date; heldBefore: boolean; secret: Secret | null },
): Event =>
  status === 'active'
    ? { type: 'told', heldUntil, heldBefore, secret }
    : { type: 'given', heldUntil, heldBefore, secret }

function secretOf({ system, hold }: Lease): Secret | null {
  const { handOver } = system.connector
  return handOver?.isFor(hold.target) ? { what: handOver.what, brings: handOver.brings?.label ?? null } : null
}

/**
 * 14. Makes the secret of an active grant and returns it, once: a give of what is held already, under the same lease.
 * The history says that it was shown before anybody sees it. Unless its making is known to be done it is thrown away.
 */
export async function handOver(
  world: World,
  seen: Active,
  { by, on, brought }: { by: PersonRef; on: 'modal' | 'page'; brought: string | null },
): Promise<Refusal | { shown: readonly Shown[] }> {
  const system = world.systems(seen.system)
  const making = system?.connector.handOver
  if (!system || !making) return refuse('nothing-to-show', { grant: seen })
  if (world.isAfterRestore()) {
    const reasons = ['after a restore nothing is given until all that is held was explained']
    return refuse('not-made-now', { grant: seen, reasons })
  }
  const brings = making.brings?.label ?? null
  if (brings !== null && !brought?.trim())
    return refuse('not-made', { grant: seen, reasons: [`${brings} is missing`] })
  // Beside all else: however many look at once, no end waits for them.
  return world.queues.step(seen.system, 'make', () =>
    world.queues.turn(holdId(holdingOf(seen)), async () => {
      const lease = await Lease.take(world, holdingOf(seen), system)
      if (!(lease instanceof Lease)) return refuse('not-made-now', { grant: seen })
      try {
        const grant = await world.grants.get(seen.id)
        const isHeld =
          grant !== null &&
          isShowable(grant, world.clock.now(), lease) &&
          !lease.isElsewhere &&
          seen.id in lease.hold.claims
        if (!isHeld) {
          await lease.release()
          return refuse('not-held', { grant })
        }
        if (!(await lease.has())) {
          await lease.release()
          return refuse('not-made-now', { grant, reasons: ['the system says that it is not held just now'] })
        }
        await lease.announce('give', `shown ${seen.id} ${lease.hold.token}`)
        const { outcome, shown } = await lease.handOver(making, { brought, accessId: seen.id })
        if (outcome.what !== 'done') {
          await lease.finish(outcome)
          return whyNotMade(seen, outcome.error)
        }
        const said = await record(world, seen.id, { type: 'shown', by, on }, grant)
        await lease.finish(outcome)
        return isRefusal(said) ? said : { shown }
      } catch (error) {
        if (!(error instanceof LeaseLost)) await lease.abandon().catch(() => undefined)
        world.log.warn('a secret could not be made', { grantId: seen.id, error })
        const reasons = error instanceof ConnectorError ? [messageOf(error)] : []
        return refuse('not-made-now', { grant: seen, reasons })
      }
    }),
  )
}

/** Held, and even a call of which nobody hears the end is over before its end is prepared. */
const isShowable = (grant: Grant, now: Date, lease: Lease): grant is Active =>
  grant.status === 'active' &&
  grant.secret !== null &&
  now.getTime() < grant.endsAt.getTime() - leadMs - lease.callMs - lease.system.connector.hasLagMs

function whyNotMade(grant: Grant, error: Error): Refusal {
  const isFinal = error instanceof ConnectorError && !error.retryable && error.happened === 'no'
  return refuse(isFinal ? 'not-made' : 'not-made-now', { grant, reasons: [messageOf(error)] })
}

/**
 * Takes back what an ending grant holds, unless another grant or an older right keeps it, and ends the grant.
 * An end that is still ahead is prepared: the grant turns `revoking` under the lease, and nothing is called before.
 * `isWritten`: this process wrote it so, and a majority of the database has it.
 */
export async function leave(
  world: World,
  seen: Approved,
  { isWritten = false }: { isWritten?: boolean } = {},
): Promise<void> {
  const { queues } = world
  await queues.turn(holdId(holdingOf(seen)), async () => {
    const ready = await queues.step(seen.system, 'prepare', () => prepareToLeave(world, seen, isWritten))
    if (ready === null) return
    const { lease, grant, mustTake } = ready
    await waitUntil(world, grant.takeAt)

    if (!mustTake) {
      // 8. Not among the claims: take nothing. 9. Others claim, or held before: only my claim goes.
      await queues.step(seen.system, 'record', async () => {
        // Another process may say at any moment that it came by a give of ours.
        if (grant.id in lease.hold.claims) await lease.reread()
        const left = await released(lease, await leftUntaken(world, lease.hold, grant))
        if (left === null) {
          await owe(world, grant.id, new Error('it came by a give of ours: it is taken at the next try'))
          return
        }
        await record(world, grant.id, { type: 'taken', ...left }, grant)
      })
      return
    }

    // 9. Take, read back that it is gone, remove my claim; then move the grant on.
    const outcome = await queues.step(seen.system, 'call', () => {
      observeCall(world, grant)
      return lease.takeBack()
    })
    // 12. Its answer counts only as late as it may lag: waited for without a place in the queue.
    if (outcome.what === 'done') await lease.waitOutLag()
    await queues.step(seen.system, 'record', async () => {
      const error = await whyNotTaken(lease, outcome)
      if (error !== null) {
        await lease.finish(outcome)
        await owe(world, grant.id, error)
        return
      }
      const left = { grantId: grant.id, left: 'gone', keptUntil: null } as const
      await lease.finish(outcome, { unclaim: left, ...lease.leftBehind })
      await record(world, grant.id, { type: 'taken', ...left }, grant)
      await hasten(world, lease.hold.claims)
    })
  })
}

/** What else claims what was taken is over, and gone: said at once, and not as late as it was to be tried again. */
async function hasten(world: World, claims: Hold['claims']): Promise<void> {
  const until = world.clock.now()
  for (const other of Object.keys(claims)) {
    await record(world, other, { type: 'busy', until }).catch((error: unknown) =>
      world.log.warn('cannot hasten now what is gone already', { grantId: other, error }),
    )
  }
}

/** Lease, grant and announcement: all of a leave but the call. Null when somebody else has the hold or the grant. */
async function prepareToLeave(
  world: World,
  seen: Approved,
  isWritten: boolean,
): Promise<{ lease: Lease; grant: Revoking; mustTake: boolean } | null> {
  const over = isWritten ? overNow(world, seen) : null
  const announced = over && (await leaseToTake(world, over))
  const lease = announced ?? (await takeLease(world, seen))
  if (lease === null) return null
  // 7. Read the grant again under the lease; one whose end is near turns `revoking` now. It is over still where it claims alone.
  const grant = announced ? over : await revokingNow(world, seen)
  if (grant === null) {
    await lease.release()
    return null
  }
  const { claims, heldBefore } = lease.hold
  if (grant.id in claims && lease.isElsewhere) {
    await lease.release()
    await owe(world, grant.id, new Error(elsewhere(grant.system)))
    return null
  }
  const unsaid = grant.id in claims ? await finishEarlier(world, lease.hold) : null
  // Taking back waits for no other grant's record for long.
  if (unsaid !== null && grant.tries < patientTries) {
    await lease.release(announced ? lease.known : {})
    await owe(world, grant.id, unsaid)
    return null
  }
  const mustTake = grant.id in claims && !heldBefore && !(await isKeptByOthers(world, claims, grant.id))
  const waitMs = Math.max(0, grant.takeAt.getTime() - world.clock.now().getTime())
  const keepMs = waitMs + lease.callMs
  if (mustTake && !announced) await lease.announce('take', grant.id, {}, keepMs)
  else if (waitMs > 0) await lease.write({ keepMs })
  return { lease, grant, mustTake }
}

const patientTries = 3

/**
 * 9. Another grant that is over keeps nothing, though its claim is there still: it may be tried again only in a minute. It is
 * over for good, so it does not matter that it is read by itself.
 */
async function isKeptByOthers(
  { grants, clock, log }: World,
  claims: Hold['claims'],
  id: string,
): Promise<boolean> {
  for (const other of Object.keys(claims)) {
    if (other === id) continue
    const grant = await grants.get(other).catch((error: unknown) => {
      log.warn('cannot read now who else claims a hold: it is kept for them', { grantId: other, error })
      return null
    })
    const isOver = grant?.status === 'ended' || (grant?.status === 'revoking' && grant.takeAt <= clock.now())
    if (!isOver) return true
  }
  return false
}

/**
 * 8. Whoever left before may have died before its grant moved on: said now, as the hold remembers only the last. Null,
 * or what it waits for; what cannot be read is not waited for.
 */
async function finishEarlier(world: World, { lastLeft }: Hold): Promise<Error | null> {
  if (lastLeft === null) return null
  const { grantId, left, keptUntil } = lastLeft
  try {
    const said = await world.grants.change(grantId, (grant, now) =>
      transition(grant, { type: 'taken', left, keptUntil }, now),
    )
    // By a clock that is behind, its instant has not come: it is said by the next try.
    const isUnsaid = isRefusal(said) && said.grant?.status === 'revoking'
    return isUnsaid ? new Error('an earlier grant has not moved on yet') : null
  } catch (error) {
    world.log.warn('cannot say now what an earlier grant left', { grantId, error })
    if (error instanceof UnknownRecord) return null
    return new Error('it cannot be said now what an earlier grant left', { cause: error })
  }
}

/** Of an end whose instant has come none that is earlier can be said. */
const overNow = ({ clock }: World, wrote: Approved): Revoking | null =>
  wrote.status === 'revoking' && wrote.takeAt <= clock.now() ? wrote : null

/** Null where anything stands against it, which `takeLease` finds. */
async function leaseToTake(world: World, grant: Revoking): Promise<Lease | null> {
  const system = world.systems(grant.system)
  return system ? Lease.toTake(world, holdingOf(grant), { system, grantId: grant.id }) : null
}

/** The grant as `revoking`: at once if its end is within `leadMs`, else only if it already is. */
async function revokingNow(world: World, seen: Approved): Promise<Revoking | null> {
  const changed = await world.grants.change(
    seen.id,
    (now, at) => (now.status === 'revoking' ? now : endIfDue(now, at)),
    seen,
  )
  return !isRefusal(changed) && changed.status === 'revoking' ? changed : null
}

/**
 * 8. What a leaving grant leaves when it takes nothing, as far as it was ever checked or known. Where another has left since,
 * what is there still is not gone. Null: nothing keeps what it claims any more, it was held before by a give of ours.
 */
async function leftUntaken(
  { grants }: World,
  { claims, lastLeft, heldBefore }: Hold,
  { id, activeAt }: Revoking,
): Promise<Left | null> {
  const isClaimed = id in claims
  if (!isClaimed) {
    if (lastLeft?.grantId === id) return lastLeft
    if (activeAt === null) return { grantId: id, left: 'never-given', keptUntil: null }
  }
  const others = Object.entries(claims).filter(([grantId]) => grantId !== id)
  if (others.length === 0 && heldBefore) return { grantId: id, left: 'kept-before', keptUntil: null }
  if (others.length === 0) return isClaimed ? null : { grantId: id, left: 'gone', keptUntil: null }
  // A claim knows the end that the system was told: it may have been extended since, or be over.
  const ends = others.map(async ([other, end]) => overAt(await grants.get(other).catch(() => null)) ?? end)
  const keptUntil = new Date(Math.max(...(await Promise.all(ends)).map((end) => end.getTime())))
  return { grantId: id, left: heldBefore ? 'kept-before' : 'kept-for-grant', keptUntil }
}

/** Releases the hold without the claim of what takes nothing; null, and with it, where that is ours after all. */
async function released(lease: Lease, left: Left | null): Promise<Left | null> {
  const isClaimed = left !== null && left.grantId in lease.hold.claims
  if (isClaimed && left.left === 'kept-before')
    return (await lease.releaseIfHeldBefore({ unclaim: left })) ? left : null
  await lease.release(isClaimed ? { unclaim: left } : {})
  return left
}

/** When it is or was over; null: it does not say so. */
function overAt(grant: Grant | null): Date | null {
  if (grant === null) return null
  if ('takeAt' in grant) return grant.takeAt
  return 'endsAt' in grant ? grant.endsAt : null
}

/** Null once the take was done and the system says that it is gone; or why it does not count as taken. */
const whyNotTaken = async (lease: Lease, outcome: Outcome): Promise<Error | null> =>
  outcome.what === 'done' ? await whyNotGone(lease) : outcome.error

/** It is not there, and nobody can say yet that it is gone. */
class MayAppear extends Error {
  readonly until: Date

  constructor(until: Date) {
    super(`an earlier give may still happen until ${until.toISOString()}`)
    this.until = until
  }
}

/** Asks the system whether it is gone: null, or why it does not count as gone. */
async function whyNotGone(lease: Lease): Promise<Error | null> {
  try {
    const asOf = await lease.readAtNow()
    if (await lease.has()) return new Error('the system says it is still held')
    const until = await lease.mayAppearSince(asOf)
    return until === null ? null : new MayAppear(until)
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** 11. Puts right what a call with an unknown outcome may still do, until nothing more turns up. */
export async function repair(world: World, hold: Hold): Promise<void> {
  const system = world.systems(hold.system)
  if (!system) {
    await world.holds.write(hold, hold.token, { dueInMs: 60_000 })
    return
  }
  await world.queues.turn(holdId(hold), () =>
    world.queues.step(hold.system, 'prepare', async () => {
      const lease = await Lease.take(world, hold, system)
      if (!(lease instanceof Lease)) return
      try {
        await repairUnder(world, lease)
      } catch (error) {
        if (error instanceof LeaseLost) throw error
        world.log.warn('cannot look at a watched hold', { holdId: holdId(hold), error: messageOf(error) })
        await lease.abandon({ dueInMs: patienceMs(lease.hold) })
      }
    }),
  )
}

async function repairUnder(world: World, lease: Lease): Promise<void> {
  const { watch, claims, heldBefore } = lease.hold
  if (watch === null) return lease.release({ unwatch: { seen: null } })
  // What was called there happens there, whatever goes by its name now.
  if (lease.isMoved) {
    const isOver = lease.hold.readAt >= watch.until && !lease.isElsewhere
    return lease.release(isOver ? { unwatch: { seen: watch.until } } : { dueInMs: 60_000 })
  }
  const has = await lease.has()
  if (!has && !heldBefore && (await isWanted(world, claims))) {
    // After a restore what the backup wants may have been taken since, by somebody's word.
    if (world.isAfterRestore()) return lease.release({ dueInMs: 5_000 })
    await lease.announce('give', `repair ${lease.hold.token}`)
    const outcome = await lease.give()
    world.log.warn('gave again what a late call had taken', {
      hold: holdId(lease.hold),
      outcome: outcome.what,
    })
    await lease.finish(outcome, lease.watching(watch.gave))
  } else if (has && !heldBefore && watch.gave && Object.keys(claims).length === 0) {
    await lease.announce('take', `repair ${lease.hold.token}`)
    const outcome = await lease.takeBack()
    world.log.warn('took back what a late call had given', {
      hold: holdId(lease.hold),
      outcome: outcome.what,
    })
    const left = outcome.what === 'done' ? lease.leftBehind : {}
    await lease.finish(outcome, { ...left, ...lease.watching(true) })
  } else {
    // 5. Whoever was told that it was held before holds what we gave: its system is to be told until when.
    if (watch.gave && !heldBefore) for (const id of Object.keys(claims)) await isOurs(world, id)
    await lookAgain(lease, watch)
  }
}

async function isOurs(world: World, grantId: string): Promise<void> {
  try {
    await record(world, grantId, { type: 'ours' })
  } catch (error) {
    // Whoever can read it tells its system.
    if (!(error instanceof UnknownRecord)) throw error
  }
}

/** Until the watch is over. */
async function lookAgain(lease: Lease, watch: NonNullable<Hold['watch']>): Promise<void> {
  if (lease.hold.readAt >= watch.until) {
    // A take of which nobody heard the end may have left something as well.
    const left = Object.keys(lease.hold.claims).length === 0 ? lease.leftBehind : {}
    await lease.release({ unwatch: { seen: watch.until }, ...left })
  } else {
    await lease.release({ dueInMs: 1_000 })
  }
}

/**
 * 15. Removes what a take left over, unless it was given again; ever more seldom, up to once an hour, where that fails.
 * Never throws `LeaseLost`.
 */
export async function tidy(world: World, hold: Hold): Promise<void> {
  const system = world.systems(hold.system)
  if (!system) {
    await world.holds.write(hold, hold.token, { leftover: triedOnceMore(hold, notInCatalog(hold.system)) })
    return
  }
  await world.queues.step(hold.system, 'tidy', () =>
    world.queues.turn(holdId(hold), async () => {
      const lease = await Lease.take(world, hold, system)
      if (!(lease instanceof Lease)) return
      await tidyUnder(world, lease).catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) throw error
      })
    }),
  )
}

async function tidyUnder(world: World, lease: Lease): Promise<void> {
  const { leftover, watch, claims } = lease.hold
  const isGivenAgain = Object.keys(claims).length > 0
  if (leftover === null || isGivenAgain) return lease.release({ leftover: null })
  // What may still turn up would leave something once more.
  if (watch !== null) return lease.release({ leftover: { ...leftover, dueInMs: 5_000 } })
  try {
    if (lease.isMoved) throw new Error(elsewhere(lease.hold.system))
    await lease.tidy()
  } catch (error) {
    if (leftover.tries === 0) {
      world.log.warn('what a take left over cannot be removed now', { hold: holdId(lease.hold), error })
    }
    return lease.release({ leftover: triedOnceMore(lease.hold, error) })
  }
  await lease.release({ leftover: null })
}

function triedOnceMore(
  { leftover }: Hold,
  error: unknown,
): { tries: number; error: string; dueInMs: number } {
  const tries = (leftover?.tries ?? 0) + 1
  return { tries, error: messageOf(error), dueInMs: Math.min(3_600_000, 1_000 * 2 ** tries) }
}

/** Each second while a watch runs; ever more seldom, down to once a minute, on a system that stays silent after it. */
function patienceMs({ watch, readAt }: Hold): number {
  const overMs = watch === null ? 0 : readAt.getTime() - watch.until.getTime()
  return Math.min(60_000, Math.max(1_000, overMs / 2))
}

/**
 * Takes what nobody has a claim on, or only grants that have all ended, or are not there any more: none of them is going
 * to. Whatever another grant claims meanwhile is left alone, and so is what was there before those grants. Never throws `LeaseLost`.
 */
export async function takeUnowed(
  world: World,
  hold: HoldKey & Pick<Hold, 'target'>,
): Promise<'taken' | 'not-now'> {
  const system = world.systems(hold.system)
  if (!system) return 'not-now'
  return world.queues.turn(holdId(hold), () =>
    world.queues.step(hold.system, 'prepare', async () => {
      const lease = await Lease.take(world, hold, system)
      if (!(lease instanceof Lease)) return 'not-now'
      try {
        const { claims, heldBefore } = lease.hold
        const left = Object.keys(claims)
        const isOlder = left.length > 0 && heldBefore
        if (isOlder || lease.isMoved || !(await areEnded(world, claims))) {
          await lease.release()
          return 'not-now'
        }
        await lease.announce('take', `unowed ${left.join(' ')}`)
        const outcome = await lease.takeBack()
        if (outcome.what === 'done') await lease.waitOutLag()
        const error = await whyNotTaken(lease, outcome)
        if (error !== null) {
          world.log.error('cannot take now what nobody is owed', { hold: holdId(hold), error })
          await lease.finish(outcome)
          return 'not-now'
        }
        const gone = (grantId: string): Left => ({ grantId, left: 'gone', keptUntil: null })
        for (const grantId of left) await lease.write({ unclaim: gone(grantId) })
        await lease.finish(outcome, { heldBefore: false, ...lease.leftBehind })
        return 'taken'
      } catch (error) {
        if (!(error instanceof LeaseLost)) await lease.abandon().catch(() => undefined)
        world.log.warn('another process took over, or the system did not answer', {
          hold: holdId(hold),
          error,
        })
        return 'not-now'
      }
    }),
  )
}

async function areEnded(world: World, claims: Hold['claims']): Promise<boolean> {
  for (const id of Object.keys(claims)) {
    const grant = await world.grants.get(id)
    if (grant !== null && grant.status !== 'ended') return false
  }
  return true
}

const notInCatalog = (system: string): Error => new Error(`${system} is not in the catalog any more`)

const elsewhere = (system: string): string =>
  `${system} points somewhere else now than where access was given: put its address back until everything has ended`

/** Does any running grant claim it? One that is being ended does not count, nor one still being given: its own tries decide. */
async function isWanted(world: World, claims: Hold['claims']): Promise<boolean> {
  const now = world.clock.now()
  for (const [grantId, end] of Object.entries(claims)) {
    if (end <= now) continue
    const grant = await world.grants.get(grantId)
    if (grant?.status === 'active') return true
  }
  return false
}

/** The lease, or null after noting why it cannot be had now and when to come back. */
async function takeLease(world: World, grant: Approved): Promise<Lease | null> {
  const system = world.systems(grant.system)
  if (!system) return cannotLease(world, grant, notInCatalog(grant.system))
  const lease = await Lease.take(world, holdingOf(grant), system).catch((error: unknown) => {
    // Only another version can read the hold.
    if (error instanceof UnknownRecord) return error
    throw error
  })
  if (lease instanceof UnknownRecord) return cannotLease(world, grant, lease)
  if (lease instanceof Lease) return lease
  // 10. Due again when it ends; as it may be released sooner, looked at each second.
  const soon = world.clock.now().getTime() + 1_000
  await record(world, grant.id, { type: 'busy', until: new Date(Math.min(soon, lease.busyUntil.getTime())) })
  return null
}

/** What is over is owed from now on, and late in time. Tried again soon where another replica, of another version, may do it. */
async function cannotLease(world: World, grant: Approved, error: Error): Promise<null> {
  await world.grants.change(grant.id, (current, now) =>
    current.status === 'active' && now < current.endsAt ? current : endIfDue(current, now),
  )
  if (!(error instanceof UnknownRecord)) await owe(world, grant.id, error)
  else {
    const retryAt = after(world.clock.now(), forOthersMs)
    await record(world, grant.id, { type: 'failed', error: error.message, retryAt })
  }
  return null
}

const forOthersMs = 2_000

/** Slack or the catalog, asked `at` that instant, said no. */
export class Denied extends Error {
  override readonly name = 'Denied'
  readonly at: Date

  constructor(message: string, at: Date) {
    super(message)
    this.at = at
  }
}

/** Notes a failed try. Giving that can never work turns to taking back; everything else is tried again later. */
export async function owe(world: World, grantId: string, error: unknown): Promise<void> {
  const isFinal = error instanceof ConnectorError && !error.retryable
  await world.grants.change(grantId, (grant, now) => {
    if (grant.status === 'granting' && isFinal) {
      return transition(
        grant,
        { type: 'end', cause: 'failed', by: null, note: messageOf(error), takeAt: now },
        now,
      )
    }
    const tries = grant.status === 'active' ? (grant.owed?.tries ?? 0) : 'tries' in grant ? grant.tries : 0
    const isAway = error instanceof ConnectorError && error.retryable
    const again = retryAt(world, tries, isAway ? lateness(world, grant, now) : {})
    // That is no failure, and its end is known.
    const isSooner = error instanceof MayAppear && error.until < again
    const until = error instanceof MayAppear ? { mayAppearUntil: error.until } : {}
    return transition(
      grant,
      {
        type: 'failed',
        error: messageOf(error),
        retryAt: isSooner ? error.until : again,
        isAway,
        deniedAt: error instanceof Denied ? error.at : null,
        ...until,
      },
      now,
    )
  })
}

/** How late it is taken; nothing of what is tried as its system answers anybody again, and of what is not taken. */
function lateness(world: World, grant: Grant, now: Date): { lateMs?: number } {
  if (grant.status !== 'revoking' || world.systems(grant.system)?.isSilent() !== false) return {}
  return { lateMs: now.getTime() - grant.takeAt.getTime() }
}

/** An end whose time has come, or is near enough to be prepared. */
export function endIfDue(grant: Grant, now: Date): Grant | Refusal {
  if (grant.status === 'granting' && now >= grant.endsAt) {
    const note = grant.lastError ?? 'its time was up before it could be given'
    return transition(grant, { type: 'end', cause: 'failed', by: null, note, takeAt: now }, now)
  }
  if (grant.status === 'active' && now.getTime() >= grant.endsAt.getTime() - leadMs) {
    const takeAt = grant.endsAt
    return transition(grant, { type: 'end', cause: 'expired', by: null, note: null, takeAt }, now)
  }
  return refuse('not-held', { grant })
}

export async function waitUntil(world: World, at: Date): Promise<void> {
  const leftMs = () => at.getTime() - world.clock.now().getTime()
  if (leftMs() <= 0) return
  await world.trace({ type: 'wait', for: 'instant' }, async () => {
    for (let ms = leftMs(); ms > 0; ms = leftMs()) await world.clock.sleep(ms)
  })
}

const holdingOf = ({ system, place }: Approved): HoldKey & { target: Hold['target'] } => ({
  system,
  principal: place.principal,
  canonical: place.canonical,
  target: place.target,
})

const messageOf = (error: unknown): string => cut(error instanceof Error ? error.message : String(error), 300)
