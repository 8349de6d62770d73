import { findEntitlement } from '../../domain/catalog.ts'
import type { Device } from '../../domain/devices/device.ts'
import { fitness } from '../../domain/devices/fitness.ts'
import type { FitRule } from '../../domain/devices/rules.ts'
import { byOwner, machineOf, sourcesOf, together } from '../../domain/devices/together.ts'
import { after } from '../../domain/instants.ts'
import type { ForeseenLoss } from '../../domain/ports/device-sources.ts'
import type { HeldRow } from '../../domain/ports/grants.ts'
import type { World } from '../world.ts'
import { silentSources } from './held-back.ts'
import { silencesIn } from './posture-of.ts'

/*
 * A source of devices that is silent: what is known of its devices ages, and whatever is held on them ends when it is too
 * old. Who loses what, and when, is said beforehand; where the catalog lets it wait (`outage: hold`), an admin says first.
 */

const peopleAtOnce = 500

/** Notes of each source that is silent who loses what unless it is heard of again. */
export async function foreseeOutages(world: World): Promise<void> {
  const catalog = world.catalog()
  const known = await world.deviceSources.all()
  const now = world.clock.now()
  const silent = silentSources(catalog, known, now)
  const names = new Set(silent.map(({ source }) => source))
  for (const one of known)
    if (one.losses.length > 0 && !names.has(one.source)) await world.deviceSources.foresee(one, [])
  if (silent.length === 0) return
  const onDevices = (await world.grants.held()).filter(
    ({ status, posture }) => status === 'active' && posture !== null,
  )
  const found = new Map(silent.map(({ source }) => [source, new Map<string, Losing>()]))
  for (let at = 0; at < onDevices.length; at += peopleAtOnce) {
    const some = onDevices.slice(at, at + peopleAtOnce)
    const theirs = byOwner(await world.devices.ofPeople([...new Set(some.map(({ subject }) => subject.id))]))
    for (const row of some) {
      const rule = findEntitlement(catalog, row.resource.id, row.entitlement.id)?.device
      if (rule == null) continue
      const devices = theirs.get(row.subject.id) ?? []
      for (const [source, losing] of found) {
        const lostAt = lostBySilence(source, { row, rule, devices, now })
        if (lostAt !== null && lostAt < row.endsAt) note(losing, row, lostAt)
      }
    }
  }
  for (const one of silent)
    await world.deviceSources.foresee(
      one,
      [...(found.get(one.source)?.values() ?? [])].map(({ row, people, at }): ForeseenLoss => {
        const { entitlement, resource } = row
        return {
          entitlement: { name: entitlement.name },
          resource: { name: resource.name },
          people: people.size,
          at,
        }
      }),
    )
}

interface Losing {
  readonly row: HeldRow
  readonly people: Set<string>
  at: Date
}

interface Held {
  readonly row: HeldRow
  readonly rule: FitRule
  readonly devices: readonly Device[]
  readonly now: Date
}

/** When this is lost if nothing but the other sources is heard of any more; null: it is not. */
function lostBySilence(source: string, { row, rule, devices, now }: Held): Date | null {
  const onDevice = row.device === null ? null : (machineOf(devices, row.device.id)?.id ?? row.device.id)
  const all = together(devices)
  const found = fitness(rule, all, { now, onDevice })
  if (!found.isFit) {
    const isBySilence = silencesIn(rule, found.lacks, devices).flat().includes(source)
    return isBySilence ? after(row.posture?.unfit?.since ?? now, rule.graceMs) : null
  }
  const isOfIt = (device: Device): boolean => sourcesOf(devices, device).includes(source)
  const [those, others] = [all.filter(isOfIt), all.filter((device) => !isOfIt(device))]
  // One of another source would be enough.
  if (rule.which === 'any' && onDevice === null && fitness(rule, others, { now, onDevice }).isFit) return null
  const ofIt = fitness(rule, those, { now, onDevice })
  return ofIt.isFit ? after(ofIt.until, rule.graceMs) : null
}

function note(losing: Map<string, Losing>, row: HeldRow, at: Date): void {
  const key = `${row.resource.id}/${row.entitlement.id}`
  const known = losing.get(key) ?? { row, people: new Set(), at }
  known.people.add(row.subject.id)
  if (at < known.at) known.at = at
  losing.set(key, known)
}
