import { after } from '../instants.ts'
import type { SourceHeard } from '../ports/device-sources.ts'
import type { Device } from './device.ts'

/*
 * Where the catalog lets what a silence would take wait for an admin (`outage: hold`), time stands still for the devices of
 * a source while it says nothing: they grow no older than they were when it was heard of last, and once it is heard of
 * again, each has the time that it had left. Where nobody can read for how long it said nothing, it may have been since
 * the newest that it said of them, for a day at most. In which order things were said stays as it is.
 */

/** By their names. `unknown`: nobody can read when it was heard of. */
export type SourcesHeard = ReadonlyMap<string, SourceHeard | 'unknown'>

/** What is heard of a source within so long is one thing heard: the first is noted. */
export const burstMs = 5_000

const mostUnknownMs = 24 * 3_600_000

/** As old as they are by their sources' own time. `devices`: one person's. */
export const asIfHeard = (devices: readonly Device[], sources: SourcesHeard, now: Date): readonly Device[] =>
  sources.size === 0
    ? devices
    : devices.map((device) => {
        const source = sources.get(device.source)
        if (source === undefined) return device
        const lastAt = newestOf(devices.filter((one) => one.source === device.source))
        return aged(device, (at) => stoodMs(source, { at, lastAt, now }))
      })

/** For how long time stood still since that instant; the newest of that source is of `lastAt`. */
function stoodMs(
  source: SourceHeard | 'unknown',
  { at, lastAt, now }: { at: Date; lastAt: Date; now: Date },
): number {
  if (source === 'unknown') return atMostUnknown(lastAt, now)
  const { heardAt, isTakenAnyway } = source
  const nowMs = isTakenAnyway ? 0 : msBetween(heardAt > at ? heardAt : at, now)
  return nowMs + stoodBeforeMs(source, { at, lastAt })
}

/** The same, but for a silence that is not over. */
export function stoodBeforeMs(
  { gap, heardAt }: Pick<SourceHeard, 'gap' | 'heardAt'>,
  { at, lastAt }: { at: Date; lastAt: Date },
): number {
  if (gap === 'unknown') return atMostUnknown(lastAt, heardAt)
  if (gap === null) return 0
  // The last of a burst was said after what is noted. What a source heard of later, in a silence towards us, is as old as it says.
  if (at > after(gap.from, burstMs)) return 0
  return msBetween(at > gap.from ? at : gap.from, gap.until)
}

const atMostUnknown = (from: Date, until: Date): number => Math.min(mostUnknownMs, msBetween(from, until))

const msBetween = (from: Date, until: Date): number => Math.max(0, until.getTime() - from.getTime())

/** When anything was said of these last. */
export const newestOf = (devices: readonly Device[]): Date =>
  new Date(
    Math.max(
      ...devices.flatMap(({ lastSeenAt, said, policies }) => [
        lastSeenAt.getTime(),
        ...Object.values(said).map(({ at }) => at.getTime()),
        ...Object.values(policies).map(({ at }) => at.getTime()),
      ]),
    ),
  )

/** The same device, with each instant of it so much later; what was said before what, is still. */
export const aged = (device: Device, byMs: (at: Date) => number): Device =>
  withEach(device, (one) => ({ ...one, at: after(one.at, byMs(one.at)), saidAt: one.saidAt ?? one.at }))

/** The same device, as if each of it was said so much later. */
export const moved = (device: Device, byMs: number): Device =>
  withEach(device, (one) => ({ ...one, at: after(one.at, byMs) }))

function withEach(device: Device, change: <T extends Dated>(one: T) => T): Device {
  const all = <T extends Dated>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).map(([name, one]) => [name, change(one)]))
  return {
    ...device,
    lastSeenAt: change({ at: device.lastSeenAt }).at,
    said: all(device.said),
    policies: all(device.policies),
  }
}

interface Dated {
  readonly at: Date
  readonly saidAt?: Date
}
