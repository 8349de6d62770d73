import { createHash, timingSafeEqual } from 'node:crypto'
import { nudgedHosts } from './devices/fleet/nudge.ts'
import { fleetSource, type FleetSource } from './devices/fleet/source.ts'
import type { Proxies } from './domain/connector.ts'
import type { DeviceSource } from './domain/devices/rules.ts'
import { fleetSettings, type FleetSettings } from './domain/devices/source-kinds.ts'
import { parseDuration } from './domain/duration.ts'
import { elapsedMs } from './elapsed.ts'
import { hearReports } from './operations/devices/hear.ts'
import type { World } from './operations/world.ts'

/** The Fleet servers that the catalog names now: asked by one replica at a time, whose job it is. */
export interface FleetSources {
  /** Asks each whose time it is; one that runs is waited for. Never rejects. */
  look(): Promise<void>
  /** A webhook of theirs, which proves nothing: the hosts it names are looked at. False where the secret is not theirs. */
  nudge(nudge: { source: DeviceSource; secret: string; body: unknown }): Promise<boolean>
  stop(): Promise<void>
}

const timeoutMs = 30_000

interface Open {
  readonly id: string
  readonly fingerprint: string
  readonly fleet: FleetSource
  readonly everyMs: number
  lookedAtMs: number
}

export function fleetSources(world: World, { proxies }: { proxies: Proxies | null }): FleetSources {
  const open = new Map<string, Open>()

  const opened = (source: DeviceSource): Open => {
    const known = open.get(source.id)
    if (known?.fingerprint === source.settingsFingerprint) return known
    // Of before: what it has under way ends by itself.
    void known?.fleet.stop()
    const settings = fleetSettings.parse(source.settings)
    const fleet = fleetSource({
      id: source.id,
      settings,
      sink: (reports) => hearReports(world, source, reports),
      log: world.log,
      surroundings: { timeoutMs, proxies, now: () => world.clock.now() },
    })
    const everyMs = parseDuration(settings.every) ?? 0
    const made = {
      id: source.id,
      fingerprint: source.settingsFingerprint,
      fleet,
      everyMs,
      lookedAtMs: -Infinity,
    }
    open.set(source.id, made)
    return made
  }
  const closeUnnamed = (named: ReadonlyMap<string, DeviceSource>): void => {
    for (const [id, { fleet }] of open) {
      if (named.get(id)?.kind === 'fleet') continue
      open.delete(id)
      void fleet.stop()
    }
  }
  return {
    look: async () => {
      const { sources } = world.catalog().devices
      closeUnnamed(sources)
      const fleets = [...sources.values()].filter(({ kind }) => kind === 'fleet').map(opened)
      const due = fleets.filter(({ lookedAtMs, everyMs }) => elapsedMs() - lookedAtMs >= everyMs)
      await Promise.all(
        due.map(async (one) => {
          one.lookedAtMs = elapsedMs()
          const { failingSince } = await one.fleet.lookNow()
          if (failingSince === null) await world.deviceSources.heard(one.id)
        }),
      )
    },
    nudge: async ({ source, secret, body }) => {
      if (source.kind !== 'fleet') return false
      const { webhookSecret } = fleetSettings.parse(source.settings) satisfies FleetSettings
      if (webhookSecret === undefined || !isSame(secret, webhookSecret)) return false
      const { fleet } = opened(source)
      // Answered at once: Fleet waits for nobody's look.
      void Promise.all(nudgedHosts(body).map((id) => fleet.lookAt(id)))
      return Promise.resolve(true)
    },
    stop: async () => {
      await Promise.all([...open.values()].map(({ fleet }) => fleet.stop()))
    },
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
