import { setImmediate as turn } from 'node:timers/promises'
import { findEntitlement } from '../../domain/catalog.ts'
import { lostBySilence } from '../../domain/devices/lost-by-silence.ts'
import { byOwner } from '../../domain/devices/together.ts'
import type { ForeseenLoss } from '../../domain/ports/device-sources.ts'
import type { HeldRow } from '../../domain/ports/grants.ts'
import type { World } from '../world.ts'
import { silentSources } from '../silent-sources.ts'

/*
 * A source of devices that is silent: what is known of its devices ages, and whatever is held on them ends when it is too
 * old. Who loses what, and when, is said beforehand; where the catalog lets it wait (`outage: hold`), an admin says first.
 */

const peopleAtOnce = 500
/** Each takes a good part of a millisecond: others have their turn between. */
const turnEvery = 25

/** Notes of each source that is silent who loses what unless it is heard of again. */
export async function foreseeOutages(world: World): Promise<void> {
  const catalog = world.catalog()
  const known = await world.deviceSources.all()
  const silent = silentSources(catalog, known, world.clock.now())
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
    for (const [i, row] of some.entries()) {
      if (i % turnEvery === turnEvery - 1) await turn()
      const rule = findEntitlement(catalog, row.resource.id, row.entitlement.id)?.device
      if (rule == null) continue
      const devices = theirs.get(row.subject.id) ?? []
      for (const one of silent) {
        if (!devices.some(({ source }) => source === one.source)) continue
        const lostAt = lostBySilence(one, {
          rule,
          devices,
          endsAt: row.endsAt,
          onDevice: row.device?.id ?? null,
        })
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
  readonly row: HeldRow
  readonly people: Set<string>
  at: Date
}

function note(losing: Map<string, Losing> | undefined, row: HeldRow, at: Date): void {
  if (losing === undefined) return
  const key = `${row.resource.id}/${row.entitlement.id}`
  const known = losing.get(key) ?? { row, people: new Set(), at }
  known.people.add(row.subject.id)
  if (at < known.at) known.at = at
  losing.set(key, known)
}
