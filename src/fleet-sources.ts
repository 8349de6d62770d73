import { nudgedHosts } from './devices/fleet/nudge.ts'
import { fleetSource, type FleetSource } from './devices/fleet/source.ts'
import type { Proxies } from './domain/connector.ts'
import type { DeviceSource } from './domain/devices/rules.ts'
import { fleetSettings, type FleetSettings } from './domain/devices/source-kinds.ts'
import { parseDuration } from './domain/duration.ts'
import { hearReports } from './operations/devices/hear.ts'
import { silentAfterMs } from './operations/silent-sources.ts'
import type { World } from './operations/world.ts'
import { isSameSecret } from './same-secret.ts'

/** The Fleet servers that the catalog names now: each is asked by whichever replica finds that it is time. */
export interface FleetSources {
  /** Asks each whose time it is. */
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
    const made = { id: source.id, fingerprint: source.settingsFingerprint, fleet, everyMs }
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
  /** One that fails is asked with the next job again, as far as it lets itself be asked. */
  const lookAt = async ({ id, fleet, everyMs }: Open): Promise<void> => {
    const { deviceSources } = world
    if (!(await deviceSources.mayLook(id, everyMs))) return
    const before = fleet.health().goodLooks
    const { goodLooks } = await fleet.lookNow()
    if (goodLooks > before) await deviceSources.heard(id, silentAfterMs(world.catalog()))
    else await deviceSources.lookedInVain(id)
  }
  return {
    look: async () => {
      const { sources } = world.catalog().devices
      closeUnnamed(sources)
      const fleets = [...sources.values()].filter(({ kind }) => kind === 'fleet').map(opened)
      await Promise.all(fleets.map(lookAt))
    },
    nudge: async ({ source, secret, body }) => {
      if (source.kind !== 'fleet') return false
      const { webhookSecret } = fleetSettings.parse(source.settings) satisfies FleetSettings
      if (webhookSecret === undefined || !isSameSecret(secret, webhookSecret)) return false
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
