import type { Catalog, System } from '../domain/catalog.ts'
import type { Connector, ConnectorKind, Surroundings } from '../domain/connector.ts'
import type { Log } from '../domain/ports/log.ts'
import { guarded } from './guarded.ts'

export interface ConnectedSystem {
  readonly connector: Connector
  readonly timeoutMs: number
}

export interface ConnectedSystems {
  /**
   * Opens what the catalog names and is not open yet. Systems it no longer names stay open, since something may still
   * be held there. If any cannot be opened it throws, and all stays as it was.
   */
  use(catalog: Pick<Catalog, 'systems'>): void
  get(systemId: string): ConnectedSystem | null
  /** Closes a system once calls in flight have ended. Does nothing while the catalog names it. */
  forget(systemId: string): void
  /** Calls back when a system answers again that did not; `surely` once it did something for us. */
  onBack(listener: (systemId: string, back: { surely: boolean }) => void): void
  /** Closes all of them now; calls in flight fail. */
  close(): Promise<void>
}

interface Entry extends ConnectedSystem {
  readonly system: System
}

export function openSystems({
  kinds,
  surroundings,
  log,
  graceMs = 70_000,
}: {
  kinds: ReadonlyMap<string, ConnectorKind>
  surroundings: Omit<Surroundings, 'timeoutMs'>
  log: Log
  /** An end is prepared some seconds before its call, and its read-back may wait out a lag of a minute. */
  graceMs?: number
}): ConnectedSystems {
  let open: ReadonlyMap<string, Entry> = new Map<string, Entry>()
  let named: ReadonlySet<string> = new Set<string>()
  const listeners: ((systemId: string, back: { surely: boolean }) => void)[] = []
  /** Replaced or forgotten, and closed when their timers fire. */
  const retired = new Map<Connector, NodeJS.Timeout>()

  function opened(system: System): Entry {
    const kind = kinds.get(system.connector)
    if (!kind) throw new Error(`System ${system.id}: there is no connector called ${system.connector}`)
    const { id, timeoutMs } = system
    const bare = kind.connect(system.settings, { ...surroundings, timeoutMs })
    const connector = guarded(bare, { system: id, kind: kind.kind, timeoutMs, log })
    connector.onBack((back) => {
      for (const listener of listeners) listener(id, back)
    })
    return { system, timeoutMs, connector }
  }

  function retire({ connector, timeoutMs }: ConnectedSystem): void {
    const timer = setTimeout(() => {
      retired.delete(connector)
      void closed(connector)
    }, timeoutMs + graceMs).unref()
    retired.set(connector, timer.unref())
  }

  return {
    use({ systems }) {
      const fresh: Entry[] = []
      try {
        for (const system of systems.values()) {
          if (!isSame(open.get(system.id)?.system, system)) fresh.push(opened(system))
        }
      } catch (error) {
        for (const { connector } of fresh) void closed(connector)
        throw error
      }
      const before = open
      named = new Set(systems.keys())
      open = new Map([...before, ...fresh.map((entry) => [entry.system.id, entry] as const)])
      for (const { system } of fresh) {
        const replaced = before.get(system.id)
        if (replaced) retire(replaced)
      }
    },

    get(systemId) {
      const entry = open.get(systemId)
      return entry ? { connector: entry.connector, timeoutMs: entry.timeoutMs } : null
    },

    forget(systemId) {
      const entry = open.get(systemId)
      if (!entry || named.has(systemId)) return
      open = new Map([...open].filter(([id]) => id !== systemId))
      retire(entry)
    },

    onBack: (listener) => void listeners.push(listener),

    async close() {
      const connectors = [...[...open.values()].map(({ connector }) => connector), ...retired.keys()]
      for (const timer of retired.values()) clearTimeout(timer)
      open = new Map()
      retired.clear()
      await Promise.all(connectors.map(closed))
    },
  }
}

/** A connector that fails to close is out of use all the same. */
const closed = (connector: Connector) => connector.close().catch(() => undefined)

const isSame = (one: System | undefined, other: System) =>
  one?.connector === other.connector &&
  one.settingsFingerprint === other.settingsFingerprint &&
  one.timeoutMs === other.timeoutMs
