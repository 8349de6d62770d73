import { waitingExtension } from '../../src/domain/extension.ts'
import { termsOf } from '../../src/domain/grant.ts'
import { holdId } from '../../src/domain/hold.ts'
import { termMs } from '../../src/domain/standing.ts'
import { dueOf } from '../../src/domain/due.ts'
import type { Recurrence } from '../../src/domain/timing.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { breakGlass } from '../../src/operations/break-glass.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { showSecret } from '../../src/operations/hand-over.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { revokeGrant } from '../../src/operations/revoke.ts'
import { skipWindow } from '../../src/operations/skip-window.ts'
import { lookAtHeld, lookAtPerson } from '../../src/operations/by-itself/while-held.ts'
import type { World } from '../../src/operations/world.ts'
import type { MemoryDatabase } from '../support/memory-stores.ts'
import { admins, askers, entitlementIds, onDevice, type People } from './catalog.ts'
import { faultsEndMs } from './chaos.ts'
import type { Replica } from './replica.ts'
import { keyOf, type ScriptedSystem } from './scripted-system.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Stories that cross each other: somebody asks, mostly gets an answer soon, and may be done or be cut off before the end. */
export function peopleAct({ time, random, db, replicas, isOnDevices }: Scene): void {
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0]
  /** Half of the runs crowd everything onto one hold. */
  const isCrowded = random() < 0.5
  const soon = (ms: number, act: (world: World) => Promise<unknown>): void => {
    time.at(time.nowMs + random() * ms, () => {
      const [first, ...others] = replicas.filter(({ isAlive }) => isAlive)
      if (first) void act(pick([first, ...others]).world).catch(() => undefined)
    })
  }
  const tell = (requestId: string): void => {
    const by = isCrowded ? askers[0] : pick(askers)
    const usual = isCrowded ? (['one', 'same'] as const) : entitlementIds
    const entitlement = isOnDevices && random() < 0.6 ? onDevice : pick(usual)
    const durationMs = 1_000 * (1 + Math.floor(random() * (isCrowded ? 8 : 30)))
    const ask = { requestId, by, resource: 'db', entitlement, durationMs, reason: 'a good reason' }
    const leadMs = random() < 0.25 ? 1_000 + random() * 15_000 : null
    const isWeekly = random() < 0.15
    const isEmergency = random() < 0.08
    /** Of a minute that has begun, or of the next one: clocks on walls know no seconds. */
    const aWindow = (nowMs: number): Recurrence => {
      const opensMs = (Math.floor(nowMs / 60_000) + (random() < 0.6 ? 0 : 1)) * 60_000
      const [date = '', clock = ''] = new Date(opensMs).toISOString().split('T')
      const every = { weekdays: [1, 2, 3, 4, 5, 6, 7], everyWeeks: 1, zone: 'UTC' }
      return { ...every, from: date, until: date, start: clock.slice(0, 5) }
    }
    soon(faultsEndMs, async (world) => {
      const startsAt = leadMs === null || isWeekly ? null : new Date(time.nowMs + leadMs)
      if (isEmergency) await breakGlass(world, { ...ask, typed: entitlement })
      else await requestAccess(world, { ...ask, startsAt, recurrence: isWeekly ? aWindow(time.nowMs) : null })
      soon(2_000, (w) => answer(w, requestId))
      if (random() < 0.5) soon(12_000, (w) => finish(w, requestId))
      if (random() < 0.6) soon(20_000, (w) => prolong(w, requestId))
      for (let looks = 0; looks < 5; looks++)
        if (random() < 0.5) soon(8_000, (w) => lookAtSecret(w, requestId))
      if (random() < 0.3) soon(30_000, (w) => prolong(w, requestId))
    })
  }
  const answer = async (world: World, requestId: string): Promise<void> => {
    const grant = find(requestId)
    if (!grant) return
    const verdict = random() < 0.95 ? 'approve' : 'deny'
    const terms = { terms: termsOf(grant), durationMs: null, note: 'because' }
    await reviewGrant(world, { grantId: grant.id, by: pick(admins), verdict, ...terms })
  }
  const finish = async (world: World, requestId: string): Promise<void> => {
    const grant = find(requestId)
    if (!grant) return
    const index = Math.floor(random() * 2)
    if (grant.pattern !== null && random() < 0.5)
      await skipWindow(world, { grantId: grant.id, by: grant.subject, index })
    else if (random() < 0.6) await releaseGrant(world, { grantId: grant.id, by: grant.subject })
    else await revokeGrant(world, { grantId: grant.id, by: pick(admins) })
  }
  const prolong = async (world: World, requestId: string): Promise<void> => {
    const grant = find(requestId)
    if (grant?.status !== 'active') return
    await extendGrant(world, { grantId: grant.id, by: grant.subject, seenEndsAt: grant.endsAt })
    soon(3_000, async (w) => {
      const asked = find(requestId)
      const waiting = asked?.status === 'active' ? waitingExtension(asked) : null
      if (!waiting) return
      const verdict = random() < 0.8 ? 'approve' : 'deny'
      await answerExtension(w, { grantId: grant.id, by: pick(admins), verdict, askedAt: waiting.askedAt })
    })
  }
  const lookAtSecret = async (world: World, requestId: string): Promise<void> => {
    const grant = find(requestId)
    if (!grant) return
    await showSecret(world, { grantId: grant.id, by: grant.subject, on: 'modal', brought: null })
  }
  const find = (requestId: string) => [...db.grants.values()].find((grant) => grant.requestId === requestId)
  const stories = 8 + Math.floor(random() * 30)
  for (let i = 0; i < stories; i++) tell(`v${i}`)
}

export interface Scene {
  time: VirtualTime
  random: () => number
  db: MemoryDatabase
  replicas: Replica[]
  people: People
  system: ScriptedSystem
  /** Some ask for what is held on a device. */
  isOnDevices: boolean
}

/** How often each replica looks at everything that is held, and how soon one of them hears of somebody who changed. */
const lookEachMs = 10_000
const heardWithinMs = 1_500

/**
 * People leave the workspace, and match the standing rule or do not, at random; replicas hear of it, mostly, and look at
 * everything that is held again and again. In the end nobody matches the rule.
 */
export function peopleComeAndGo({ time, random, db, replicas, people, system }: Scene): void {
  const hasLeavers = random() < 0.3
  const hasKeepers = random() < 0.5
  const someReplica = (): Replica | undefined => {
    const alive = replicas.filter(({ isAlive }) => isAlive)
    return alive[Math.floor(random() * alive.length)]
  }
  const hear = (userId: string): void =>
    time.at(time.nowMs + random() * heardWithinMs, () => {
      const replica = someReplica()
      if (!replica) return
      void lookAtPerson(replica.world, userId)
        .then((found) => (found === 'left' ? undefined : lookAtHeld(replica.world)))
        .catch(() => undefined)
    })
  const change = (atMs: number, userId: string, how: () => void): void =>
    time.at(atMs, () => {
      how()
      if (random() < 0.9) hear(userId)
    })
  for (const {
    slack: { userId },
  } of askers) {
    if (hasLeavers && random() < 0.6) {
      const leavesMs = random() * faultsEndMs
      change(leavesMs, userId, () => people.away.add(userId))
      if (random() < 0.5) change(leavesMs + random() * 20_000, userId, () => people.away.delete(userId))
    }
    if (hasKeepers) {
      for (let turns = 1 + Math.floor(random() * 3); turns > 0; turns--) {
        const joinsMs = random() * faultsEndMs * 0.8
        change(joinsMs, userId, () => people.members.add(userId))
        if (random() < 0.6) change(joinsMs + random() * 30_000, userId, () => people.members.delete(userId))
      }
    }
  }
  change(faultsEndMs + 1, askers[0].slack.userId, () => people.members.clear())
  const look = (): void => {
    const replica = someReplica()
    if (replica) void lookAtHeld(replica.world).catch(() => undefined)
    time.at(time.nowMs + lookEachMs, look)
  }
  if (hasLeavers || hasKeepers) time.at(random() * lookEachMs, look)
  if (hasKeepers) fortnightsPass({ time, random, db, system })
}

/** A standing grant is held as if half its term had passed long ago: soon it is renewed. */
function fortnightsPass({
  time,
  random,
  db,
  system,
}: Pick<Scene, 'time' | 'random' | 'db' | 'system'>): void {
  const aged = new Set<string>()
  const look = (): void => {
    for (const grant of db.grants.values()) {
      if (grant.status !== 'active' || !grant.isStanding || aged.has(grant.id)) continue
      const id = holdId({
        system: grant.system,
        principal: grant.place.principal,
        canonical: grant.canonical,
      })
      const hold = db.holds.get(id)
      if (!hold || hold.leaseUntil > db.now() || !(grant.id in hold.claims)) continue
      aged.add(grant.id)
      const shiftMs = grant.endsAt.getTime() - termMs / 2 - time.nowMs - random() * 15_000
      const earlier = (at: Date): Date => new Date(at.getTime() - shiftMs)
      const [endsAt, heldUntil] = [earlier(grant.endsAt), earlier(grant.heldUntil)]
      const older = { ...grant, revision: grant.revision + 1, endsAt, heldUntil }
      db.grants.set(grant.id, { ...older, dueAt: dueOf(older) })
      db.holds.set(id, { ...hold, claims: { ...hold.claims, [grant.id]: endsAt } })
      const held = system.held.get(keyOf(grant.place))
      if (held) system.held.set(keyOf(grant.place), { ...held, untilMs: held.untilMs - shiftMs })
    }
    if (time.nowMs < faultsEndMs) time.at(time.nowMs + 500, look)
  }
  time.at(500, look)
}
