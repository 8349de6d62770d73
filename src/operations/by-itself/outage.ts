import { setImmediate as turn } from 'node:timers/promises'
import { findEntitlement, type Catalog } from '../../domain/catalog.ts'
import { lostBySilence } from '../../domain/devices/lost-by-silence.ts'
import { byOwner } from '../../domain/devices/together.ts'
import type { ForeseenLoss, SourceHeard } from '../../domain/ports/device-sources.ts'
import type { FitRow } from '../../domain/ports/grants.ts'
import type { World } from '../world.ts'
import { silentSources } from '../silent-sources.ts'

/*
 * A source of devices that is silent: what is known of its devices ages, and whatever is held on them ends when it is too
 * old. Who loses what, and when, is said beforehand; where the catalog lets it wait (`outage: hold`), an admin says first.
 */

const peopleAtOnce = 500
/** Each takes a good part of a millisecond: others have their turn between. */
const turnEvery = 25

/** What one look at all of it took, over what share of the time it may take while the same sources stay silent. */
const restsFor = 50

/**
 * Notes of each source that is silent who loses what unless it is heard of again: anew as soon as another is silent, or
 * the catalog is another; as who has what changes, within minutes, and sooner where that is little work.
 */
export function foreseeing(world: World): () => Promise<void> {
  let last: { of: string; catalog: Catalog; untilMs: number } | null = null
  return async () => {
    const catalog = world.catalog()
    const known = await world.deviceSources.all()
    const silent = silentSources(catalog, known, world.clock.now())
    const names = new Set(silent.map(({ source }) => source))
    for (const one of known)
      if (one.losses?.length !== 0 && !names.has(one.source)) await world.deviceSources.foresee(one, [])
    if (silent.length === 0) return
    const of = JSON.stringify(silent.map(({ source, heardAt }) => [source, heardAt]))
    const begunMs = world.clock.monotonicMs()
    if (last?.of === of && last.catalog === catalog && begunMs < last.untilMs) return
    await foresee(world, catalog, silent)
    const endedMs = world.clock.monotonicMs()
    last = { of, catalog, untilMs: endedMs + restsFor * (endedMs - begunMs) }
  }
}

async function foresee(world: World, catalog: Catalog, silent: readonly SourceHeard[]): Promise<void> {
  // Time may stand still for what is held: then it does not know how long it has.
  const onFit = await world.grants.heldOnFit({ isAll: catalog.devices.outage === 'hold' })
  const found = new Map(silent.map(({ source }) => [source, new Map<string, Losing>()]))
  for (let at = 0; at < onFit.length; at += peopleAtOnce) {
    const some = onFit.slice(at, at + peopleAtOnce)
    const theirs = byOwner(await world.devices.ofPeople([...new Set(some.map(({ subjectId }) => subjectId))]))
    for (const [i, row] of some.entries()) {
      if (i % turnEvery === turnEvery - 1) await turn()
      const rule = findEntitlement(catalog, row.resource.id, row.entitlement.id)?.device
      if (rule == null) continue
      const devices = theirs.get(row.subjectId) ?? []
      for (const one of silent) {
        if (!devices.some(({ source }) => source === one.source)) continue
        const lostAt = lostBySilence(one, { rule, devices, endsAt: row.endsAt, onDevice: row.deviceId })
        if (lostAt !== null) note(found.get(one.source), row, lostAt)
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
  readonly row: FitRow
  readonly people: Set<string>
  at: Date
}

function note(losing: Map<string, Losing> | undefined, row: FitRow, at: Date): void {
  if (losing === undefined) return
  const key = `${row.resource.id}/${row.entitlement.id}`
  const known = losing.get(key) ?? { row, people: new Set(), at }
  known.people.add(row.subjectId)
  if (at < known.at) known.at = at
  losing.set(key, known)
}
