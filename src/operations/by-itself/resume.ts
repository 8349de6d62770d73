import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { anyResumes } from '../../domain/devices/asked-for.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import { byOwner, machineIdOf, together } from '../../domain/devices/together.ts'
import type { Device } from '../../domain/devices/device.ts'
import { slotOf, type Ended } from '../../domain/grant.ts'
import { after, earliest } from '../../domain/instants.ts'
import { resumedGrant } from '../../domain/new-grant.ts'
import type { CutRow } from '../../domain/ports/grants.ts'
import { UnknownRecord } from '../../domain/unknown-record.ts'
import { whyMoved } from './posture-of.ts'
import type { World } from '../world.ts'

/** What is shorter than this is not worth giving again. */
const leastMs = 10_000
/** What no change of their devices told is found so soon. */
const againMs = 10 * 60_000

/**
 * What was found not to go on, and until when it does not unless the devices of its holder change, or the catalog: so that
 * each minute's look reads no devices for it.
 */
export class NotYet {
  #catalog: Catalog | null = null
  readonly #untilMs = new Map<string, number>()
  #looks = 0

  /** Of everything that is cut, what may go on now. */
  worth(cut: readonly CutRow[], catalog: Catalog, now: Date): CutRow[] {
    if (catalog !== this.#catalog) this.#untilMs.clear()
    this.#catalog = catalog
    const ids = new Set(cut.map(({ id }) => id))
    for (const id of this.#untilMs.keys()) if (!ids.has(id)) this.#untilMs.delete(id)
    return cut.filter(({ id }) => (this.#untilMs.get(id) ?? 0) <= now.getTime())
  }

  /** Begins a look; what it notes counts unless another, of devices that changed, was begun since. */
  begin(personIds: readonly string[] | undefined): (id: string, until: Date | null) => void {
    if (personIds !== undefined) this.#looks++
    const looks = this.#looks
    return (id, until) => {
      if (until === null) this.#untilMs.delete(id)
      else if (looks === this.#looks) this.#untilMs.set(id, until.getTime())
    }
  }
}

/**
 * What was cut (of these people alone, where they are named) goes on by itself where the catalog says so and their devices
 * are fit again: once each, until its agreed end, not sooner after it was cut than its rule's grace, and not where they
 * asked for the same since. Whether they may have it still is asked right before it is given, as always.
 */
export async function resumeFor(
  world: World,
  personIds?: readonly string[],
  notYet = new NotYet(),
): Promise<void> {
  const catalog = world.catalog()
  if (!anyResumes(catalog)) return
  const now = world.clock.now()
  const noted = notYet.begin(personIds)
  const all = await world.grants.cut(now, personIds)
  const cut = personIds === undefined ? notYet.worth(all, catalog, now) : all
  const worth = cut.filter(({ endsAt }) => endsAt.getTime() - now.getTime() > leastMs)
  if (worth.length === 0) return
  const theirs = byOwner(await world.devices.ofPeople([...new Set(worth.map(({ subject }) => subject.id))]))
  const failed: unknown[] = []
  for (const row of worth) {
    const devices = theirs.get(row.subject.id) ?? []
    const untilAt = whenToLook(catalog, row, { devices, now })
    noted(row.id, untilAt)
    if (untilAt !== null) continue
    await goOn(world, row.id, { catalog, devices, now }).catch((error: unknown) => {
      // Only another version can read it: that one lets it go on.
      if (error instanceof UnknownRecord) noted(row.id, after(now, againMs))
      else failed.push(error)
    })
  }
  if (failed.length > 0) throw new AggregateError(failed, 'not all that was cut could go on')
}

async function goOn(
  world: World,
  cutId: string,
  { catalog, devices, now }: { catalog: Catalog; devices: readonly Device[]; now: Date },
): Promise<void> {
  const grant = await world.grants.get(cutId)
  if (grant?.status !== 'ended' || grant.cause !== 'unfit') return
  // Called otherwise there, it would be refused, and it goes on once.
  if (whyMoved(catalog, grant, devices) !== null) return
  if (await hasAskedSince(world, grant)) return
  const written = await world.grants.insert(resumedGrant(grant, world.newId(), now))
  if (written.outcome === 'inserted') world.log.info('what was cut goes on', { grantId: grant.id })
}

/** Null: now, they are fit again. */
function whenToLook(
  catalog: Catalog,
  grant: CutRow,
  { devices, now }: { devices: readonly Device[]; now: Date },
): Date | null {
  const rule = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)?.device
  const again = after(now, againMs)
  if (rule?.resumes !== true) return again
  const graceOverAt = after(grant.endedAt, rule.graceMs)
  if (now < graceOverAt) return graceOverAt
  const onDevice = machineIdOf(devices, grant.device?.id ?? null)
  if (fitness(rule, together(devices), { now, onDevice }).isFit) return null
  // One that is not seen lately any more leaves it to the others.
  const lately = devices.map(({ lastSeenAt }) => after(lastSeenAt, rule.seenWithinMs))
  return earliest(again, ...lately.filter((at) => at > now))
}

async function hasAskedSince({ grants }: World, cut: Ended): Promise<boolean> {
  const latest = await grants.latestOf(cut.subject.id, 50)
  return latest.some(
    (one) =>
      one.resource.id === cut.resource.id &&
      one.entitlement.id === cut.entitlement.id &&
      slotOf(one) === slotOf(cut) &&
      one.status !== 'withdrawn' &&
      one.status !== 'lapsed' &&
      one.requestedAt > cut.requestedAt,
  )
}
