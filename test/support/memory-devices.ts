import type { Device } from '../../src/domain/devices/device.ts'
import type { DeviceSourceStore } from '../../src/domain/ports/device-sources.ts'
import type { DeviceChange, DeviceStore } from '../../src/domain/ports/devices.ts'

/** Devices in memory, for the simulation and for what never asks for any. */
export function memoryDevices(now: () => Date = () => new Date()): DeviceStore {
  const devices = new Map<string, Device>()
  const changes: DeviceChange[] = []
  const listeners = new Set<(device: Device) => void>()
  const all = (): Device[] => [...devices.values()]
  const isWaiting = ({ approval, claimant, owner, isInQuestion }: Device, needsApproval: boolean): boolean =>
    isInQuestion || (approval === 'pending' && (owner === null ? claimant !== null : needsApproval))
  return {
    get: async (id) => devices.get(id) ?? null,
    ofPeople: async (ids) => all().filter(({ owner }) => owner !== null && ids.includes(owner.id)),
    unclaimed: async () => [],
    waiting: async (limit, { needsApproval }) =>
      [true, false].flatMap((isInQuestion) =>
        all()
          .filter((device) => device.isInQuestion === isInQuestion && isWaiting(device, needsApproval))
          .slice(0, limit),
      ),
    ofSerial: async (serial) => all().filter((device) => serial !== '' && device.serial === serial),
    all: async (after, limit) =>
      all()
        .filter(({ id }) => after === null || id > after)
        .sort((one, other) => (one.id < other.id ? -1 : 1))
        .slice(0, limit),
    pending: async (after, limit) =>
      all()
        .filter(({ id, approval }) => approval === 'pending' && (after === null || id > after))
        .sort((one, other) => (one.id < other.id ? -1 : 1))
        .slice(0, limit),
    newestChange: async () => changes.at(-1)?.stamp ?? null,
    changedSince: async (after) =>
      changes.filter((change) => after === null || Number(change.stamp) > Number(after.stamp)),
    change: async (id, next) => {
      const known = devices.get(id) ?? null
      const wanted = next(known, now())
      if (wanted === null) return known
      const device = { ...wanted.device, revision: (known?.revision ?? 0) + 1 }
      devices.set(id, device)
      if (wanted.isChanged) {
        const stamp = `${now().getTime()}.${changes.length}`
        changes.push({ id, ownerId: device.owner?.id ?? null, stamp, revision: device.revision })
        for (const listener of listeners) listener(device)
      }
      return device
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** No source is ever silent. */
export const noDeviceSources: DeviceSourceStore = {
  heard: async () => undefined,
  mayLook: async () => false,
  lookedInVain: async () => undefined,
  all: async () => [],
  byName: async () => new Map(),
  foresee: async () => undefined,
  takeAnyway: async () => false,
}
