import { isApproved } from '../../src/domain/grant.ts'
import { lookAt } from '../../src/operations/by-itself/device-watch.ts'
import type { DeviceStore } from '../../src/domain/ports/devices.ts'
import { aDevice, heard } from '../support/known-devices.ts'
import type { MemoryDatabase } from '../support/memory-stores.ts'
import { askers, fitRule, onDevice } from './catalog.ts'
import { faultsEndMs } from './chaos.ts'
import type { Replica } from './replica.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How often each replica asks what changed of devices, as `device-watch.ts` does. */
const followEachMs = 2_000
/** That, the writes that follow, and a look of the auditor. */
const noticedMs = followEachMs + 1_000

interface Known {
  heardMs: number
  isWell: boolean
  isApproved: boolean
}

/**
 * Each of those who ask has a device, which reports, fails, falls silent, is taken back and approved again at random.
 * Knows by itself since when it is unfit.
 */
export class Devices {
  readonly #known = new Map<string, Known>()
  readonly #unfitSince = new Map<string, number>()
  readonly #late = new Set<string>()
  readonly #scene: { time: VirtualTime; db: MemoryDatabase; replicas: Replica[]; devices: DeviceStore }

  constructor(scene: { time: VirtualTime; db: MemoryDatabase; replicas: Replica[]; devices: DeviceStore }) {
    this.#scene = scene
  }

  begin(random: () => number): void {
    const { time, devices } = this.#scene
    this.#follow()
    for (const owner of askers) {
      const id = `mdm/${owner.id}`
      const known = { heardMs: -Infinity, isWell: true, isApproved: true }
      this.#known.set(owner.id, known)
      const report = async (): Promise<void> => {
        if (random() < (known.isWell ? 0.12 : 0.5)) known.isWell = !known.isWell
        known.heardMs = time.nowMs
        const about = { sourceId: owner.id, attributes: { firewall: { value: known.isWell } } }
        await devices.change(id, (before, now) => {
          const was = before ?? aDevice({ id, sourceId: owner.id, owner, lastSeenAt: now, firstSeenAt: now })
          return { device: heard(was, { ...about, at: now }, now), isChanged: true }
        })
        // Seldom it is silent for longer than it counts.
        time.at(time.nowMs + (random() < 0.1 ? 12_000 : 1_000 + random() * 4_000), () => void report())
      }
      const answer = async (): Promise<void> => {
        known.isApproved = !known.isApproved
        await devices.change(
          id,
          (before) =>
            before && {
              device: { ...before, approval: known.isApproved ? 'approved' : 'revoked' },
              isChanged: true,
            },
        )
        const nextMs = known.isApproved ? random() * faultsEndMs : random() * 5_000
        time.at(time.nowMs + nextMs, () => void answer())
      }
      void report()
      time.at(random() * faultsEndMs, () => void answer())
    }
  }

  #follow(): void {
    const { time, replicas, devices } = this.#scene
    const changed = new Map<string, number>()
    devices.onChange(({ owner }) => {
      if (owner !== null) changed.set(owner.id, time.nowMs)
    })
    const look = (): void => {
      // Of silence nobody is told: each grant knows when it is to be looked at.
      const ids = askers.flatMap(({ id }) =>
        time.nowMs - (changed.get(id) ?? -Infinity) <= followEachMs ? id : [],
      )
      for (const { isAlive, world } of replicas) if (isAlive) void lookAt(world, ids).catch(() => undefined)
      time.at(time.nowMs + followEachMs, look)
    }
    time.at(0, look)
  }

  /** Noted once: held for longer than its grace on what is not fit. */
  lateNow(): string[] {
    const now = this.#scene.time.nowMs
    for (const [owner, { heardMs, isWell, isApproved: isLet }] of this.#known) {
      const isFit = isWell && isLet && now - heardMs < fitRule.maxAgeMs
      if (isFit) this.#unfitSince.delete(owner)
      else if (!this.#unfitSince.has(owner)) this.#unfitSince.set(owner, now)
    }
    return [...this.#scene.db.grants.values()].flatMap((grant) => {
      if (!isApproved(grant) || grant.status !== 'active' || grant.entitlement.id !== onDevice) return []
      const since = this.#unfitSince.get(grant.subject.id)
      if (since === undefined || now - since <= fitRule.graceMs + noticedMs || this.#late.has(grant.id))
        return []
      this.#late.add(grant.id)
      return [`${grant.id} is held ${Math.round(now - since)} ms after its device was not fit any more`]
    })
  }
}
