import type { Device } from './device.ts'

/** Those that are one machine by an admin's word as one: of each value the newest, whichever source said it. */
export function together(devices: readonly Device[]): Device[] {
  const byId = new Map(devices.map((device) => [device.id, device]))
  const whole = devices.filter(({ joinedTo }) => joinedTo === null || !byId.has(joinedTo))
  return whole.map((first) => devices.filter(({ joinedTo }) => joinedTo === first.id).reduce(asOne, first))
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

function newest<T extends { readonly at: Date }>(
  one: Readonly<Record<string, T>>,
  other: Readonly<Record<string, T>>,
): Record<string, T> {
  const found = { ...one }
  for (const [name, said] of Object.entries(other)) {
    const known = found[name]
    if (known === undefined || said.at > known.at) found[name] = said
  }
  return found
}

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
