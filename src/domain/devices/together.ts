import type { Device } from './device.ts'

/**
 * Those that are one machine by an admin's word as one: of each value the newest, whichever source said it. What an admin
 * said no to stands by itself: its word adds nothing to one that counts.
 */
export function together(devices: readonly Device[]): Device[] {
  const byId = new Map(devices.map((device) => [device.id, device]))
  const machines = new Map<Device, Device[]>()
  for (const device of devices) {
    const whole = machineFor(device, byId)
    const others = machines.get(whole) ?? []
    machines.set(whole, device === whole ? others : [...others, device])
  }
  return [...machines].map(([whole, others]) => others.reduce(asOne, whole)).map(butLost)
}

/** The machine of which this one is, by whatever id it was called; undefined: none of these. */
export function machineOf(devices: readonly Device[], id: string): Device | undefined {
  const byId = new Map(devices.map((device) => [device.id, device]))
  const device = byId.get(id)
  if (device === undefined) return undefined
  const whole = machineFor(device, byId)
  return together(devices).find((one) => one.id === whole.id)
}

/** The id of the machine that is meant by this one; of none of these, as it is. */
export const machineIdOf = (devices: readonly Device[], id: string | null): string | null =>
  id === null ? null : (machineOf(devices, id)?.id ?? id)

/** What else tells of the same machine as this one, by an admin's word. */
export function othersOf(devices: readonly Device[], { id }: Pick<Device, 'id'>): Device[] {
  const byId = new Map(devices.map((device) => [device.id, device]))
  const device = byId.get(id)
  if (device === undefined) return []
  const whole = wholeOf(device, byId)
  return devices.filter((other) => other.id !== id && wholeOf(other, byId).id === whole.id)
}

/** Joined to what is none of these: the machine is somebody else's now, and this says nothing of theirs. */
const butLost = (device: Device, _: number, all: readonly Device[]): Device =>
  device.joinedTo === null || all.some(({ id }) => id === device.joinedTo) || isRefused(device)
    ? device
    : { ...device, isInQuestion: true }

const isRefused = ({ approval }: Device): boolean => approval === 'rejected' || approval === 'revoked'

/** What was said no to stands by itself, unless all of it was. */
function machineFor(device: Device, byId: ReadonlyMap<string, Device>): Device {
  const whole = wholeOf(device, byId)
  return isRefused(device) && !isRefused(whole) ? device : whole
}

/** What it is joined to in the end; of those that are joined in a circle the one whose id is first. */
function wholeOf(device: Device, byId: ReadonlyMap<string, Device>): Device {
  const way = [device]
  for (let last = device; ;) {
    const next = last.joinedTo === null ? undefined : byId.get(last.joinedTo)
    if (next === undefined) return last
    if (way.includes(next))
      return way.slice(way.indexOf(next)).reduce((one, other) => (one.id < other.id ? one : other))
    way.push(next)
    last = next
  }
}

const asOne = (one: Device, other: Device): Device => ({
  ...one,
  serial: one.serial ?? other.serial,
  uuid: one.uuid ?? other.uuid,
  isInQuestion: one.isInQuestion || other.isInQuestion,
  lastSeenAt: one.lastSeenAt > other.lastSeenAt ? one.lastSeenAt : other.lastSeenAt,
  said: newest(one.said, other.said),
  policies: newest(one.policies, other.policies),
})

/** By when it was said, however old it is by its source's own time. */
function newest<T extends { readonly at: Date; readonly saidAt?: Date }>(
  one: Readonly<Record<string, T>>,
  other: Readonly<Record<string, T>>,
): Record<string, T> {
  const found = new Map(Object.entries(one))
  for (const [name, said] of Object.entries(other)) {
    const known = found.get(name)
    if (known === undefined || saidAt(said) > saidAt(known)) found.set(name, said)
  }
  return Object.fromEntries(found)
}

const saidAt = ({ at, saidAt }: { readonly at: Date; readonly saidAt?: Date }): Date => saidAt ?? at

/** By our own ids of people; what is nobody's is left out. */
export function byOwner(devices: readonly Device[]): ReadonlyMap<string, readonly Device[]> {
  const found = new Map<string, Device[]>()
  for (const device of devices) {
    if (device.owner === null) continue
    const theirs = found.get(device.owner.id)
    if (theirs === undefined) found.set(device.owner.id, [device])
    else theirs.push(device)
  }
  return found
}
