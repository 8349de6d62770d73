import { noLog } from '../support/no-log.ts'
import { isApproved, isOpen } from '../../src/domain/grant.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { memoryDevices } from '../support/memory-devices.ts'
import { MemoryDatabase } from '../support/memory-stores.ts'
import { Auditor, isTriedSeldom, promises, type Broken } from './auditor.ts'
import { askers, catalog, People } from './catalog.ts'
import { chaosOf, faultsEndMs, habitsOf, kindOf, troubleOf } from './chaos.ts'
import { Devices } from './devices.ts'
import { peopleAct, peopleComeAndGo } from './people-act.ts'
import { Replica } from './replica.ts'
import { ScriptedSystem } from './scripted-system.ts'
import { seeded } from '../support/seeded.ts'
import { VirtualTime } from './virtual-time.ts'
import { withBadWallClock } from './wall-clock.ts'

export interface Verdict extends Broken {
  seed: number
  /** Milliseconds for which an active grant was without its access, for a while. */
  interruptedMs: number
  grants: number
  /** Windows of series that were made. */
  windows: number
  /** How many ends were moved at once, and by a review. */
  extendedAtOnce: number
  extendedByReview: number
  /** Standing grants, and how many of them were renewed. */
  standing: number
  renewed: number
  /** Ended because their holder left, or matches the rule no more. */
  lost: number
  /** Ended because their device was not fit. */
  unfit: number
  virtualMs: number
}

const limitMs = 600_000

/** One run: people ask, approve and end at random while processes die and calls go wrong; then everything calms down. */
export async function simulate(seed: number, log: Log = noLog): Promise<Verdict> {
  // Finding out who reads a clock takes long: one run of five is enough to see it.
  if (seed % 5 !== 1) return run(seed, log)
  return withBadWallClock(seed, async (readings) => {
    const verdict = await run(seed, log)
    return { ...verdict, misdated: readings.slice(0, 3) }
  })
}

async function run(seed: number, log: Log): Promise<Verdict> {
  const random = seeded(seed)
  const time = new VirtualTime()
  const db = new MemoryDatabase(() => new Date(time.nowMs))
  const kind = kindOf(random)
  const heldBefore = new Set(keys.filter(() => random() < 0.15))
  const auditor = new Auditor({ time, db, kind, heldBefore })
  const [habits, trouble, chaos] = [habitsOf(random, kind), troubleOf(random, kind), chaosOf(random, kind)]
  const system = new ScriptedSystem(time, random, { habits, trouble, eyes: auditor })
  for (const key of heldBefore) system.holdsAlready(key)

  const devices = memoryDevices(() => new Date(time.nowMs))
  const people = new People(devices)
  const { directory } = people
  let ids = 0
  const start = () =>
    new Replica({
      time,
      random,
      chaos,
      db,
      system,
      catalog: () => catalog,
      directory,
      devices,
      log,
      newId: () => `g${++ids}`,
    })
  const replicas = [start(), start()]
  keepReplicasComing(time, random, replicas, start)
  // Drawn by itself: what all other runs were stays as it was.
  const isOnDevices = seed % 3 === 0
  const scene = { time, random, db, replicas, people, system, isOnDevices }
  const reporting = new Devices({ time, db, replicas, devices })
  if (isOnDevices) reporting.begin(seeded(seed + 1))
  peopleAct(scene)
  peopleComeAndGo(scene)
  auditor.watch(system, isOnDevices ? reporting : null)

  const quietMs = faultsEndMs + (kind === 'frozen' ? 80_000 : 15_000)
  const isQuiet = () =>
    time.nowMs > quietMs &&
    ![...db.grants.values()].some(isOpen) &&
    [...db.holds.values()].every(
      (hold) => hold.watch === null && (hold.leftover === null || isTriedSeldom(hold)),
    )
  await time.run({ limitMs, until: isQuiet })
  auditor.close(system, keys)
  return {
    seed,
    ...auditor.broken,
    ...whatHappened(db),
    interruptedMs: auditor.interruptedMs,
    virtualMs: time.nowMs,
  }
}

/** How much there was of what the promises are about. */
function whatHappened(db: MemoryDatabase) {
  const grants = [...db.grants.values()]
  const approved = grants.filter(isApproved)
  const added = approved.flatMap(({ extensions }) => extensions.filter(({ outcome }) => outcome === 'added'))
  const standing = approved.filter(({ isStanding }) => isStanding)
  return {
    grants: grants.length,
    windows: grants.filter(({ window }) => window !== null).length,
    extendedAtOnce: added.filter(({ approvedBy }) => approvedBy.length === 0).length,
    extendedByReview: added.filter(({ approvedBy }) => approvedBy.length > 0).length,
    standing: standing.length,
    renewed: standing.filter(({ history }) => history.some(({ type }) => type === 'renewed')).length,
    lost: approved.filter(
      (one) => 'cause' in one && (one.cause === 'offboarded' || one.cause === 'unmatched'),
    ).length,
    unfit: approved.filter((one) => 'cause' in one && one.cause === 'unfit').length,
  }
}

export const isBad = (verdict: Verdict): boolean => promises.some((promise) => verdict[promise].length > 0)

const counted = [
  'grants',
  'windows',
  'extendedAtOnce',
  'extendedByReview',
  'standing',
  'renewed',
  'lost',
  'unfit',
] as const

type Sums = Record<(typeof counted)[number] | (typeof promises)[number] | 'runs' | 'interruptedRuns', number>

/** Runs seeds `from` up to `from + runs`, or to the first bad one; the sums, and every run that broke a promise. */
export async function simulateMany({
  from,
  runs,
  isUntilBad = false,
}: {
  from: number
  runs: number
  isUntilBad?: boolean
}) {
  const names = ['runs', ...counted, ...promises, 'interruptedRuns'] as const
  const sums = Object.fromEntries(names.map((name) => [name, 0])) as Sums
  let longestInterruptionMs = 0
  const bad: Verdict[] = []
  for (let seed = from; seed < from + runs && !(isUntilBad && bad.length > 0); seed++) {
    const verdict = await simulate(seed)
    sums.runs++
    for (const what of counted) sums[what] += verdict[what]
    for (const promise of promises) {
      if (verdict[promise].length > 0) sums[promise]++
    }
    if (verdict.interruptedMs > 0) sums.interruptedRuns++
    longestInterruptionMs = Math.max(longestInterruptionMs, verdict.interruptedMs)
    if (isBad(verdict)) bad.push(verdict)
  }
  return { ...sums, longestInterruptionMs, bad }
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

const keys = askers.flatMap(({ slack: { userId } }) =>
  ['read', 'write', 'admin'].map((role) => `${userId} ${JSON.stringify({ role })}`),
)
