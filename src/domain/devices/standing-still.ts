import type { SourceHeard } from '../ports/device-sources.ts'
import type { Device } from './device.ts'

/*
 * Where the catalog lets what a silence would take wait for an admin (`outage: hold`), time stands still for the devices of
 * a source while it says nothing: they grow no older than they were when it was heard of last, and once it is heard of
 * again, each has the time that it had left.
 */

/** As old as they are by their sources' own time. */
export const asIfHeard = (
  devices: readonly Device[],
  sources: ReadonlyMap<string, SourceHeard>,
  now: Date,
): readonly Device[] =>
  sources.size === 0
    ? devices
    : devices.map((device) => {
        const source = sources.get(device.source)
        return source === undefined ? device : moved(device, (at) => stoodMs(source, at, now))
      })

/** For how long time stood still since that instant. */
function stoodMs({ heardAt, isTakenAnyway, gap }: SourceHeard, at: Date, now: Date): number {
  const since = Math.max(heardAt.getTime(), at.getTime())
  const nowMs = isTakenAnyway ? 0 : Math.max(0, now.getTime() - since)
  return nowMs + (gap !== null && at <= gap.from ? gap.until.getTime() - gap.from.getTime() : 0)
}

/** The same device, with each instant of it so much later. */
export function moved(device: Device, byMs: (at: Date) => number): Device {
  const later = (at: Date): Date => new Date(at.getTime() + byMs(at))
  const all = <T extends { readonly at: Date }>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).map(([name, one]) => [name, { ...one, at: later(one.at) }]))
  return {
    ...device,
    lastSeenAt: later(device.lastSeenAt),
    said: all(device.said),
    policies: all(device.policies),
  }
}
