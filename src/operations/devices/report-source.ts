import type { Catalog } from '../../domain/catalog.ts'
import type { Device } from '../../domain/devices/device.ts'
import type { DeviceSource } from '../../domain/devices/rules.ts'
import type { PersonRef } from '../../domain/person.ts'
import type { World } from '../world.ts'
import { approvedByRule, hearReports, type Heard } from './hear.ts'
import { changeByItself } from './recorded-change.ts'

/** The catalog's one source whose devices speak for themselves; null: they are not listened to. */
export const reportSource = (catalog: Catalog): DeviceSource | null =>
  [...catalog.devices.sources.values()].find(({ kind }) => kind === 'report') ?? null

/** A clock may be so much ahead of ours. */
const aheadMs = 5 * 60_000
export const isAhead = (at: Date, now: Date): boolean => at.getTime() > now.getTime() + aheadMs

/**
 * Noted, and the device is theirs if it is nobody's: bound once. Whoever it was given to since, and whatever is in
 * question, stays so.
 */
export async function hearOfOwn(
  world: World,
  source: DeviceSource,
  { report, person }: { readonly report: object; readonly person: PersonRef },
): Promise<Heard> {
  const [heard] = await hearReports(world, source, [report])
  if (heard === undefined) throw new Error('a report was not answered')
  if (heard.is === 'refused' || !isNobodys(heard.device)) return heard
  const next = (known: Device | null, now: Date) => {
    if (known === null || !isNobodys(known)) return null
    const owned = { ...known, owner: person }
    return { device: approvedByRule(owned, world.catalog().devices, now), isChanged: true }
  }
  const by = { source: source.id }
  const device = await changeByItself(world, heard.device.id, { by, next, seen: heard.device })
  return device === null ? heard : { is: 'heard', device }
}

const isNobodys = ({ owner, isInQuestion }: Device): boolean => owner === null && !isInQuestion
