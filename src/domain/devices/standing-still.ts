import type { SourceHeard } from '../ports/device-sources.ts'
import type { Device } from './device.ts'

/*
 * Where the catalog lets what a silence would take wait for an admin (`outage: hold`), time stands still for the devices of
 * a source while it says nothing: they grow no older than they were when it was heard of last, and once it is heard of
 * again, each has the time that it had left. Where nobody can read for how long it said nothing, it may have been for as
 * long as they were not heard of; what they say counts in any case.
 */

/** By their names. `unknown`: nobody can read when it was heard of. */
export type SourcesHeard = ReadonlyMap<string, SourceHeard | 'unknown'>

/** As old as they are by their sources' own time. */
export const asIfHeard = (devices: readonly Device[], sources: SourcesHeard, now: Date): readonly Device[] =>
  sources.size === 0
    ? devices
    : devices.map((device) => {
        const source = sources.get(device.source)
        return source === undefined ? device : moved(device, (at) => stoodMs(source, at, now))
      })

/** For how long time stood still since that instant. */
function stoodMs(source: SourceHeard | 'unknown', at: Date, now: Date): number {
  if (source === 'unknown') return msBetween(at, now)
  const { heardAt, isTakenAnyway, gap } = source
  const nowMs = isTakenAnyway ? 0 : msBetween(heardAt > at ? heardAt : at, now)
  if (gap === 'unknown') return nowMs + msBetween(at, heardAt)
  return nowMs + (gap !== null && at <= gap.from ? msBetween(gap.from, gap.until) : 0)
}

const msBetween = (from: Date, until: Date): number => Math.max(0, until.getTime() - from.getTime())

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
