import type { Catalog, Entitlement, Stage as ReviewStage } from '../../src/domain/catalog.ts'
import { isApproved, isOpen, termsOf, type Ended, type Grant } from '../../src/domain/grant.ts'
import type { PersonFacts, SlackIdentity } from '../../src/domain/person.ts'
import type { Directory, Log } from '../../src/domain/ports.ts'
import type { Recurrence } from '../../src/domain/timing.ts'
import { totalMs, waitingExtension } from '../../src/domain/extension.ts'
import { answerExtension } from '../../src/operations/answer-extension.ts'
import { extendGrant } from '../../src/operations/extend.ts'
import { breakGlass } from '../../src/operations/break-glass.ts'
import { releaseGrant } from '../../src/operations/release.ts'
import { requestAccess } from '../../src/operations/request.ts'
import { reviewGrant } from '../../src/operations/review.ts'
import { revokeGrant } from '../../src/operations/revoke.ts'
import { skipWindow } from '../../src/operations/skip-window.ts'
import type { World } from '../../src/operations/world.ts'
import { MemoryDatabase } from '../support/memory-stores.ts'
import { Replica, type Chaos } from './replica.ts'
import { ScriptedSystem, type Habits, type Trouble } from './scripted-system.ts'
import { seeded, VirtualTime } from './virtual-time.ts'

export interface Verdict {
  seed: number
  /** Held on the system although nobody may: the last grant ended and it was not there before. */
  leaked: string[]
  /** Unfinished long after every fault is over. */
  stuck: string[]
  /** Gone from the system although it was there before, or although a running grant needs it. */
  stripped: string[]
  /** Given although nobody approved. */
  unapproved: string[]
  /** Said to be gone while it was held. */
  lied: string[]
  /** Where nothing goes wrong: not held at once, taken early, or ended late. */
  unpunctual: string[]
  /** Milliseconds for which an active grant was without its access, for a while. */
  interruptedMs: number
  grants: number
  /** Windows of series that were made. */
  windows: number
  /** How often an end was moved. */
  extended: number
  virtualMs: number
}

const faultsEndMs = 60_000
const limitMs = 600_000

/** One run: people ask, approve and end at random while processes die and calls go wrong; then everything calms down. */
export async function simulate(seed: number, log: Log = silent): Promise<Verdict> {
  const random = seeded(seed)
  const time = new VirtualTime()
  const db = new MemoryDatabase(() => new Date(time.nowMs))
  const verdict: Verdict = {
    ...{ seed, leaked: [], stuck: [], stripped: [], unapproved: [], lied: [], unpunctual: [] },
    ...{ interruptedMs: 0, grants: 0, windows: 0, extended: 0, virtualMs: 0 },
  }
  const kind = kindOf(random)
  const system = new ScriptedSystem(time, random, {
    habits: habitsOf(random),
    trouble: troubleOf(random, kind),
    onGive: (key) => {
      // A series itself is nobody's leave, only its windows are; and nothing is before it starts.
      const isMeant = (grant: Grant) =>
        isApproved(grant) &&
        grant.pattern === null &&
        keyOfGrant(grant) === key &&
        (grant.startsAt?.getTime() ?? 0) <= time.nowMs
      if (![...db.grants.values()].some(isMeant)) {
        verdict.unapproved.push(`${key} at ${time.nowMs}`)
      }
    },
  })
  const heldBefore = new Set(keys.filter(() => random() < 0.15))
  for (const key of heldBefore) system.held.set(key, { untilMs: Infinity })

  const chaos = chaosOf(random, kind)
  let ids = 0
  const start = () =>
    new Replica({ time, random, chaos, db, system, catalog, directory, log, newId: () => `g${++ids}` })
  const replicas = [start(), start()]
  keepReplicasComing(time, random, replicas, start)
  peopleAct({ time, random, db, replicas })
  watchTruth({ time, db, system, heldBefore, verdict })

  const isQuiet = () =>
    time.nowMs > faultsEndMs + (kind === 'frozen' ? 80_000 : 15_000) &&
    ![...db.grants.values()].some(isOpen) &&
    [...db.holds.values()].every(({ watch }) => watch === null)
  await time.run({ limitMs, until: isQuiet })

  for (const grant of db.grants.values()) {
    if (isOpen(grant))
      verdict.stuck.push(`${grant.id} is ${grant.status}, due ${grant.dueAt?.getTime() ?? 'never'}`)
  }
  for (const hold of db.holds.values()) {
    if (hold.watch !== null || Object.keys(hold.claims).length > 0)
      verdict.stuck.push(`hold ${hold.canonical}`)
  }
  for (const key of keys) {
    if (heldBefore.has(key) && !system.isHeld(key)) verdict.stripped.push(key)
    if (!heldBefore.has(key) && system.isHeld(key)) verdict.leaked.push(key)
  }
  if (kind === 'calm') verdict.unpunctual.push(...unpunctual(db, verdict, system.habits))
  verdict.grants = db.grants.size
  verdict.windows = [...db.grants.values()].filter(({ window }) => window !== null).length
  for (const grant of db.grants.values())
    if (isApproved(grant) && totalMs(grant) > grant.durationMs) verdict.extended++
  verdict.virtualMs = time.nowMs
  return verdict
}

const promises = ['leaked', 'stuck', 'stripped', 'unapproved', 'lied', 'unpunctual'] as const

const isBad = (verdict: Verdict): boolean => promises.some((promise) => verdict[promise].length > 0)

/** Runs seeds `from` up to `from + runs`; the sums, and every run that broke a promise. */
export async function simulateMany({ from, runs }: { from: number; runs: number }) {
  const sums = {
    runs,
    grants: 0,
    windows: 0,
    extended: 0,
    leaked: 0,
    stuck: 0,
    stripped: 0,
    unapproved: 0,
    lied: 0,
    unpunctual: 0,
    interruptedRuns: 0,
  }
  let longestInterruptionMs = 0
  const bad: Verdict[] = []
  for (let seed = from; seed < from + runs; seed++) {
    const verdict = await simulate(seed)
    sums.grants += verdict.grants
    sums.windows += verdict.windows
    sums.extended += verdict.extended
    for (const promise of promises) {
      if (verdict[promise].length > 0) sums[promise]++
    }
    if (verdict.interruptedMs > 0) sums.interruptedRuns++
    longestInterruptionMs = Math.max(longestInterruptionMs, verdict.interruptedMs)
    if (isBad(verdict)) bad.push(verdict)
  }
  return { ...sums, longestInterruptionMs, bad }
}

/** Looks at the truth every 100 ms, as an auditor with eyes on the system would. */
function watchTruth(options: {
  time: VirtualTime
  db: MemoryDatabase
  system: ScriptedSystem
  heldBefore: Set<string>
  verdict: Verdict
}): void {
  const { time, db, system, heldBefore, verdict } = options
  const ended = new Set<string>()
  const look = (): void => {
    for (const grant of db.grants.values()) {
      if (ended.has(grant.id) || !isApproved(grant)) continue
      const key = keyOfGrant(grant)
      const isHeld = system.isHeld(key)
      if (grant.status === 'active' && grant.endsAt.getTime() > time.nowMs && !isHeld)
        verdict.interruptedMs += 100
      if (grant.status === 'ended') {
        ended.add(grant.id)
        const isNeeded = [...db.grants.values()].some(
          (other) =>
            other.id !== grant.id &&
            isApproved(other) &&
            other.status !== 'ended' &&
            other.status !== 'recurring' &&
            keyOfGrant(other) === key,
        )
        const saysGone = grant.left === 'gone' || grant.left === 'never-given'
        const isGhost = [...db.holds.values()].some((hold) => hold.watch?.gave === true)
        if (saysGone && isHeld && !isNeeded && !heldBefore.has(key) && !isGhost) {
          verdict.lied.push(`${grant.id} (${grant.left}) at ${time.nowMs}`)
        }
      }
    }
    time.look(time.nowMs + 100, look)
  }
  time.look(0, look)
}

function keepReplicasComing(
  time: VirtualTime,
  random: () => number,
  replicas: Replica[],
  start: () => Replica,
): void {
  const look = (): void => {
    replicas.forEach((replica, i) => {
      if (!replica.isAlive && random() < 0.3) replicas[i] = start()
    })
    time.at(time.nowMs + 1_000, look)
  }
  time.at(1_000, look)
}

/** Stories that cross each other: somebody asks, mostly gets an answer soon, and may be done or be cut off before the end. */
function peopleAct({ time, random, db, replicas }: Stage): void {
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
    const entitlement = pick(isCrowded ? ['one', 'same'] : entitlementIds)
    const durationMs = 1_000 * (1 + Math.floor(random() * (isCrowded ? 8 : 30)))
    const ask = { requestId, by, resource: 'db', entitlement, durationMs, reason: 'a good reason' }
    const aheadMs = random() < 0.25 ? 1_000 + random() * 15_000 : null
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
      const startsAt = aheadMs === null || isWeekly ? null : new Date(time.nowMs + aheadMs)
      if (isEmergency) await breakGlass(world, { ...ask, typed: entitlement })
      else await requestAccess(world, { ...ask, startsAt, recurrence: isWeekly ? aWindow(time.nowMs) : null })
      soon(2_000, (w) => answer(w, requestId))
      if (random() < 0.5) soon(12_000, (w) => finish(w, requestId))
      if (random() < 0.6) soon(20_000, (w) => prolong(w, requestId))
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
      await skipWindow(world, { grantId: grant.id, by: grant.subject.slack, index })
    else if (random() < 0.6) await releaseGrant(world, { grantId: grant.id, by: grant.subject.slack })
    else await revokeGrant(world, { grantId: grant.id, by: pick(admins) })
  }
  const prolong = async (world: World, requestId: string): Promise<void> => {
    const grant = find(requestId)
    if (grant?.status !== 'active') return
    await extendGrant(world, { grantId: grant.id, by: grant.subject.slack, seenEndsAt: grant.endsAt })
    soon(3_000, async (w) => {
      const asked = find(requestId)
      const waiting = asked?.status === 'active' ? waitingExtension(asked) : null
      if (!waiting) return
      const verdict = random() < 0.8 ? 'approve' : 'deny'
      await answerExtension(w, { grantId: grant.id, by: pick(admins), verdict, askedAt: waiting.askedAt })
    })
  }
  const find = (requestId: string) => [...db.grants.values()].find((grant) => grant.requestId === requestId)
  const stories = 8 + Math.floor(random() * 30)
  for (let i = 0; i < stories; i++) tell(`v${i}`)
}

interface Stage {
  time: VirtualTime
  random: () => number
  db: MemoryDatabase
  replicas: Replica[]
}

function habitsOf(random: () => number): Habits {
  return {
    timeoutMs: random() < 0.5 ? 2_500 : 500 + random() * 4_000,
    expires: random() < 0.4,
    dedupes: random() < 0.5,
    hasLagMs: random() < 0.25 ? 200 + random() * 3_000 : 0,
  }
}

/** Most runs are rough. In a calm one nothing goes wrong; in a frozen one processes stop for long right before a send. */
type Kind = 'calm' | 'rough' | 'frozen'

function kindOf(random: () => number): Kind {
  const die = random()
  return die < 0.1 ? 'calm' : die < 0.2 ? 'frozen' : 'rough'
}

function troubleOf(random: () => number, kind: Kind): Trouble {
  const fromMs = random() * faultsEndMs
  const outage = kind === 'rough' && random() < 0.3 ? { fromMs, untilMs: fromMs + random() * 20_000 } : null
  const rate = random() < 0.2 ? 0 : random() * 0.8
  return { rate: kind === 'calm' ? 0 : rate, untilMs: faultsEndMs, outage }
}

function chaosOf(random: () => number, kind: Kind): Chaos {
  const upTo = (most: number) => (kind === 'rough' ? random() * most : 0)
  const freeze = {
    calm: { chance: 0, fromMs: 0, toMs: 0 },
    // Within the watch, so that even a crash right after it is put right.
    rough: { chance: random() * 0.15, fromMs: 0, toMs: 12_000 },
    // Longer than any watch: the process itself must notice, so it lives and hears the database.
    frozen: { chance: 0.15, fromMs: 25_000, toMs: 65_000 },
  }[kind]
  return { lostReply: upTo(0.04), pause: upTo(0.04), crash: upTo(0.015), freeze, untilMs: faultsEndMs }
}

/** Its end, or the end of the last of those that kept it meanwhile: busy with them, it may wait for its turn. */
function notNeededSince(db: MemoryDatabase, grant: Ended): number {
  const others = [...db.grants.values()].flatMap((other) =>
    other.status === 'ended' &&
    other.activeAt !== null &&
    keyOfGrant(other) === keyOfGrant(grant) &&
    other.activeAt <= grant.endedAt &&
    other.takeAt <= grant.endedAt
      ? other.takeAt.getTime()
      : [],
  )
  return Math.max(grant.takeAt.getTime(), ...others)
}

/** In a calm run everything is kept until its end, and read back as gone soon after it, as far as the system tells. */
function unpunctual(
  db: MemoryDatabase,
  { interruptedMs }: Verdict,
  { hasLagMs, timeoutMs }: Habits,
): string[] {
  // An overlapping grant's end may be in preparation elsewhere, and its lease must run out or be released first.
  const mostMs = 8_000 + timeoutMs + 2 * hasLagMs
  const late = [...db.grants.values()].flatMap((grant) => {
    if (grant.status !== 'ended' || grant.left !== 'gone' || grant.pattern !== null) return []
    const lateMs = grant.endedAt.getTime() - notNeededSince(db, grant)
    return lateMs > mostMs ? [`${grant.id} ended ${lateMs} ms late`] : []
  })
  return interruptedMs > 0 ? [...late, `interrupted for ${interruptedMs} ms`] : late
}

const slack = (userId: string): SlackIdentity => ({ teamId: 'T1', userId })
const askers = [slack('URILEY'), slack('UKIM')] as const
const admins = [slack('UADA'), slack('USAM')] as const

const factsOf = (identity: SlackIdentity): PersonFacts => ({
  person: { id: identity.userId, slack: identity, name: identity.userId, email: null },
  isHere: true,
  isGuest: false,
  isExternal: false,
  zone: 'UTC',
  groups: new Set<string>(),
})

const directory: Directory = {
  facts: async (identity) => factsOf(identity),
  freshFacts: async (identity) => factsOf(identity),
  everyone: async () => [],
  idsOf: async (people) => people,
  groups: async () => () => new Set<string>(),
}

/** Two entitlements that mean the same access, and one of its own. */
const entitlementIds: readonly [string, ...string[]] = ['one', 'same', 'other']
const targetOf = (id: string) => ({ role: id === 'other' ? 'write' : 'read' })

const stage: ReviewStage = {
  ...{ name: null, needs: 1, quiet: null, otherwise: null, escalate: null, remindMs: [], hours: [] },
  approvers: { people: ['UADA', 'USAM'], groups: [], manager: false, who: null },
}

const entitlements = entitlementIds.map((id): [string, Entitlement] => [
  id,
  {
    id,
    name: id,
    resource: { id: 'db', name: 'Database', owner: null },
    system: 'sys',
    target: targetOf(id),
    canonical: JSON.stringify(targetOf(id)),
    mode: 'approval',
    channel: 'C1',
    admins: ['UADA', 'USAM'],
    who: { source: 'true', groups: [], mentions: [], evaluate: () => 'yes' },
    external: false,
    review: { stages: [stage], withinMs: 60_000 },
    duration: { defaultMs: 10_000, maxMs: 60_000, choicesMs: [10_000] },
    warnMs: null,
    alertMs: 20_000,
    aheadMs: 60_000,
    breakGlass: { maxMs: 60_000, remindMs: 86_400_000 },
    keeps: false,
    confirmAbove: 50,
    windows: { untilMs: 86_400_000, warns: false, only: [] },
    ...{ auto: [], preApproveMs: null, onBehalf: null, isInDigest: true },
    extend: { maxTimes: 2, totalMs: 60_000, stepMs: 8_000, afterShare: 0.2, isReviewed: id === 'other' },
    reasonExample: null,
    how: null,
    confirm: false,
  },
])

const catalog: Catalog = {
  systems: new Map([
    [
      'sys',
      {
        id: 'sys',
        connector: 'scripted',
        settings: {},
        settingsFingerprint: '',
        timeoutMs: 2_500,
        principal: { source: 'slackUserId', resolve: ({ slackUserId }) => ({ principal: slackUserId }) },
      },
    ],
  ]),
  resources: new Map([
    ['db', { id: 'db', name: 'Database', owner: null, system: 'sys', entitlements: new Map(entitlements) }],
  ]),
  managers: new Map(),
  fingerprint: '',
  loadedAt: new Date(0),
}

const keys = askers.flatMap(({ userId }) =>
  ['read', 'write'].map((role) => `${userId} ${JSON.stringify({ role })}`),
)
const keyOfGrant = (grant: Grant & { place: { principal: string; target: object } }): string =>
  `${grant.place.principal} ${JSON.stringify(grant.place.target)}`

const silent: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}
