import PQueue from 'p-queue'
import { boundedMap } from '../../bounded-map.ts'
import type { Device } from '../../domain/devices/device.ts'
import { markOfRule } from '../../domain/devices/posture.ts'
import type { HeldRow } from '../../domain/ports/grants.ts'
import { byOwner } from '../../domain/devices/together.ts'
import { standingStill } from '../silent-sources.ts'
import { everyEntitlement, perCatalog, type Catalog } from '../../domain/catalog.ts'
import { isOutdated, withOneCatalog, type World } from '../world.ts'
import { findClaimants } from '../devices/claimant.ts'
import { pagesOf } from '../devices/pages.ts'
import { changeByItself } from '../devices/recorded-change.ts'
import { approvedByRule } from '../devices/hear.ts'
import { foreseeing } from './outage.ts'
import { NotYet, resumeFor } from './resume.ts'
import { postureOf, settlePosture } from './posture-of.ts'

/** Looks at what is held on devices, as soon as something of one became otherwise. */
export interface DeviceWatch {
  /** Looks at everything that is held on devices: at the start, and where rules changed. Rejects when it could not. */
  lookAtAll(): Promise<void>
  /** What no event tells: what a changed rule approves, and what is to go on by now. */
  minute(): Promise<void>
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

/** What another replica heard is found so soon; what this one hears, at once. */
const everyMs = 2_000
/** Two who write in one moment may be seen in another order. */
const overlapSeconds = 10
const mostHeard = 20_000
const mostWritten = 2_000
const peopleAtOnce = 200
const writtenAtOnce = 100
/** While one is written another is read. */
const partsAtOnce = 2
const readAtOnce = 1_000

/**
 * Follows what changes of devices, by this process or another, and ends or notes what is held on them. It asks neither
 * Slack nor any source, so it cuts while they are silent. That a device falls silent is not its business: each grant knows
 * when it is to be looked at by itself. `changed` is told whose devices changed, for what is given by rule.
 */
export function watchDevices(
  world: World,
  { changed }: { changed: (personIds: readonly string[]) => void },
): DeviceWatch {
  const foreseeOutages = foreseeing(world)
  const notYet = new NotYet()
  const waiting = new Set<string>()
  /** Who was looked at, and may go on with what was cut. */
  const mayGoOn = new Set<string>()
  const seen = new Map<string, string>()
  /** What those who wait are to be looked at for, by its id, as it was written here. */
  const written = new Map<string, Device>()
  /** By its id, as of which revision it was heard of: whoever follows finds it once more. */
  const heard = boundedMap<number>(mostHeard)
  let stamp: string | null = null
  let stampSinceMs = world.clock.monotonicMs()
  let isFollowing = false
  let isStopped = false
  let looking: Promise<void> | null = null
  let resuming: Promise<void> | null = null
  let lookingAtAll: Promise<void> | null = null
  let following: Promise<void> | null = null

  const goesOn = (): boolean => !isStopped
  /** Ends what is to end of these people's, of all of them, before anything goes on again. */
  const lookNow = async (people: readonly string[], known?: ReadonlyMap<string, Device>): Promise<void> => {
    const looks = new PQueue({ concurrency: partsAtOnce })
    const lookedAt: string[] = []
    const failed: unknown[] = []
    const look = async (some: readonly string[]): Promise<void> => {
      try {
        if (goesOn()) await lookAt(world, some, known)
        lookedAt.push(...some)
      } catch (error) {
        failed.push(error)
        for (const id of some) waiting.add(id)
      }
    }
    await Promise.all(inParts(people).map((some) => looks.add(() => look(some))))
    for (const id of lookedAt) mayGoOn.add(id)
    changed(lookedAt)
    goOnSoon()
    if (failed.length > 0) throw new AggregateError(failed, 'not all could be looked at')
  }
  const lookAtWaiting = async (): Promise<void> => {
    while (waiting.size > 0 && goesOn()) {
      const people = [...waiting]
      const known = new Map(written)
      waiting.clear()
      written.clear()
      await lookNow(people, known)
    }
  }
  const letGoOn = async (): Promise<void> => {
    while (mayGoOn.size > 0 && goesOn()) {
      const some = [...mayGoOn].slice(0, peopleAtOnce)
      for (const id of some) mayGoOn.delete(id)
      try {
        await resumeFor(world, some, notYet)
      } catch (error) {
        for (const id of some) mayGoOn.add(id)
        throw error
      }
    }
  }
  const lookAtHolders = async (): Promise<void> => {
    const marks = marksOf(world.catalog())
    const rows = await world.grants.held()
    const holders = rows.flatMap(({ resource, entitlement, posture, device, subject }) =>
      posture !== null || device !== null || marks.has(`${resource.id}/${entitlement.id}`) ? subject.id : [],
    )
    await lookNow([...new Set(holders)])
  }
  const cannot = (error: unknown): void =>
    world.log.warn('could not look at what is held on devices now', { error })
  const soon = (): void => {
    looking ??= lookAtWaiting()
      .catch(cannot)
      .finally(() => (looking = null))
  }
  /** Beside that, one after the other: what is to end waits for nothing that goes on again. */
  function goOnSoon(): void {
    resuming ??= letGoOn()
      .catch(cannot)
      .finally(() => (resuming = null))
  }
  const stopListening = world.devices.onChange((device: Device) => {
    const { id, revision, owner } = device
    if (owner === null) return
    heard.set(id, revision)
    waiting.add(owner.id)
    if (written.size < mostWritten || written.has(id)) written.set(id, device)
    soon()
  })
  const changedAfter = (last: { stamp: string; id: string } | null) => world.devices.changedSince(last)
  const follow = async (): Promise<void> => {
    if (world.catalog().devices.sources.size === 0 && waiting.size === 0) return
    // What changed before it began is looked at as a whole.
    if (!isFollowing) stamp = await world.devices.newestChange()
    isFollowing = true
    // To the last of them: of a company's thousands that change at once one page may not even reach the moment.
    const isQuiet = world.clock.monotonicMs() - stampSinceMs > 2 * overlapSeconds * 1_000
    const before = isQuiet ? stamp : aLittleBefore(stamp)
    let last = before === null ? null : { stamp: before, id: '' }
    for (let page = await changedAfter(last); page.length > 0; page = await changedAfter(last)) {
      for (const one of page) {
        const { id, ownerId, stamp: at, revision } = one
        last = one
        if (stamp === null || isLater(at, stamp)) {
          stamp = at
          stampSinceMs = world.clock.monotonicMs()
        }
        if (seen.get(id) === at) continue
        seen.set(id, at)
        if (ownerId !== null && (heard.get(id) ?? -1) < revision) waiting.add(ownerId)
      }
    }
    const oldest = aLittleBefore(stamp)
    for (const [id, at] of seen) if (oldest !== null && isLater(oldest, at)) seen.delete(id)
    // Also what could not be looked at before.
    if (waiting.size > 0) soon()
    if (mayGoOn.size > 0) goOnSoon()
  }
  const timer = setInterval(() => {
    following ??= follow()
      .catch((error: unknown) => world.log.warn('could not find out which devices changed', { error }))
      .finally(() => (following = null))
  }, everyMs)
  timer.unref()
  return {
    lookAtAll: () => (lookingAtAll = lookAtHolders()),
    minute: async () => {
      if (world.catalog().devices.sources.size === 0) return
      const parts = [
        () => findClaimants(world),
        () => approveWaiting(world),
        () => resumeFor(world, undefined, notYet),
        foreseeOutages,
      ]
      // None waits for another that cannot be done.
      const failed: unknown[] = []
      for (const part of parts) await part().catch((error: unknown) => failed.push(error))
      if (failed.length > 0) throw new AggregateError(failed, 'not all of the minute could be done')
    },
    stop: async () => {
      isStopped = true
      clearInterval(timer)
      stopListening()
      await Promise.allSettled([looking, following, lookingAtAll])
      await resuming
    },
  }
}

/** By whose rule all that waits was looked at. */
const approvedBy = new WeakSet<Catalog>()

/** By the rule of now, which may have changed since they were heard of: all of them, once by each catalog. */
async function approveWaiting(world: World): Promise<void> {
  const catalog = world.catalog()
  const rules = catalog.devices
  if (rules.approve === null || approvedBy.has(catalog)) return
  const one = withOneCatalog(world)
  for await (const some of pagesOf((after) => world.devices.pending(after, readAtOnce))) {
    for (const device of some) {
      // By the rule of then all are looked at again.
      if (isOutdated(world, one)) return
      if (approvedByRule(device, rules, world.clock.now()) === device) continue
      const next = (known: Device | null, now: Date) => {
        const approved = known && !isOutdated(world, one) ? approvedByRule(known, rules, now) : null
        return approved === null || approved === known ? null : { device: approved, isChanged: true }
      }
      await changeByItself(world, device.id, { by: { curfew: true }, next, seen: device })
    }
  }
  approvedBy.add(catalog)
}

/** Ends what these people hold on devices that are not fit, and notes what is otherwise than was noted. */
export async function lookAt(
  world: World,
  personIds: readonly string[],
  known?: ReadonlyMap<string, Device>,
): Promise<void> {
  // One after the other: see `settlePosture`.
  const grants = await world.grants.heldOf(personIds)
  const devices = await world.devices.ofPeople(personIds, known)
  const still = await standingStill(world)
  const catalog = world.catalog()
  const now = world.clock.now()
  const theirs = byOwner(devices)
  const changes = grants.flatMap((grant) => {
    if (grant.status !== 'active' && grant.status !== 'granting') return []
    const change = postureOf(catalog, grant, { devices: theirs.get(grant.subject.id) ?? [], still, now })
    return change === null ? [] : { grant, change }
  })
  for (let at = 0; at < changes.length; at += writtenAtOnce)
    await Promise.all(
      changes
        .slice(at, at + writtenAtOnce)
        .map(({ grant, change }) => settlePosture(world, grant, { change, by: catalog })),
    )
}

/** Of what is held only on a fit device, the rule's mark. */
const marksOf = perCatalog(
  (catalog): ReadonlyMap<string, string> =>
    new Map(
      everyEntitlement(catalog).flatMap(({ resource, id, device }) =>
        device === null ? [] : [[`${resource.id}/${id}`, markOfRule(device)] as const],
      ),
    ),
)

/** By which all that is held on a device was looked at. */
const lookedBy = new WeakSet<Catalog>()

/**
 * What was judged by another rule than the catalog's now, or by none, is judged anew; what is held on one device, once by
 * each catalog: that may call it otherwise there, or let it count no more.
 */
export async function lookWhereRulesChanged(world: World, rows: readonly HeldRow[]): Promise<void> {
  const catalog = world.catalog()
  const isNew = !lookedBy.has(catalog)
  const marks = marksOf(catalog)
  const holders = rows.flatMap(({ status, resource, entitlement, posture, device, subject }) => {
    const mark = marks.get(`${resource.id}/${entitlement.id}`) ?? null
    const isOther = mark !== (posture?.rule ?? null) || (isNew && device !== null)
    // What is being given was asked by the catalog of before, perhaps.
    return (status === 'active' || (isNew && status === 'granting')) && isOther ? subject.id : []
  })
  for (const some of inParts([...new Set(holders)])) await lookAt(world, some)
  lookedBy.add(catalog)
}

const inParts = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / peopleAtOnce) }, (_, i) =>
    ids.slice(i * peopleAtOnce, (i + 1) * peopleAtOnce),
  )

const parts = (stamp: string): [number, number] => {
  const [seconds = 0, ordinal = 0] = stamp.split('.').map(Number)
  return [seconds, ordinal]
}

function isLater(one: string, other: string): boolean {
  const [seconds, ordinal] = parts(one)
  const [otherSeconds, otherOrdinal] = parts(other)
  return seconds > otherSeconds || (seconds === otherSeconds && ordinal > otherOrdinal)
}

const aLittleBefore = (stamp: string | null): string | null =>
  stamp === null ? null : `${parts(stamp)[0] - overlapSeconds}.0`
