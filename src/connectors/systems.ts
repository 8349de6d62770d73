import { randomBytes } from 'node:crypto'
import type { Catalog, System } from '../domain/catalog.ts'
import { connected } from '../domain/connected.ts'
import { ConnectorError, type Connector, type ConnectorKind, type Surroundings } from '../domain/connector.ts'
import type { Log } from '../domain/ports/log.ts'
import { unobserved, type Observe } from '../domain/ports/observe.ts'
import { guarded } from './guarded.ts'
import { standIn } from './stand-in.ts'

/** A connector that cannot be closed by then is out of use all the same. */
const mayCloseMs = 2_000

export interface ConnectedSystem {
  readonly connector: Connector
  readonly timeoutMs: number
  readonly isSilent: () => boolean
}

/** `silent`: it does not answer, and is asked once a second until it does. */
export type SystemState = 'answering' | 'silent' | 'not-connected'

export interface ConnectedSystems {
  /**
   * Opens what the catalog names and is not open yet. Systems it no longer names stay open, since something may still
   * be held there. If any cannot be opened it throws, and all stays as it was. The first time there is nothing that could
   * stay: then that one alone cannot be used, which the log says, until connecting to it succeeds.
   */
  use(catalog: Pick<Catalog, 'systems'>): void
  get(systemId: string): ConnectedSystem | null
  /** Closes a system once calls in flight have ended. Does nothing while the catalog names it. */
  forget(systemId: string): void
  /** Calls back when a system answers again that did not; `surely` once it did something for us. */
  onBack(listener: (systemId: string, back: { surely: boolean }) => void): void
  /** How each that is open is, beside its kind. */
  states(): readonly { readonly kind: string; readonly state: SystemState }[]
  /** Closes all of them now; calls in flight fail. */
  close(): Promise<void>
}

interface Entry extends ConnectedSystem {
  readonly system: System
  /** It could not be connected yet. */
  readonly isStandIn: boolean
}

export function openSystems({
  kinds,
  surroundings,
  log,
  observe = unobserved,
  clean = (text) => text,
  graceMs = 70_000,
  connectEveryMs = 1_000,
}: {
  kinds: ReadonlyMap<string, ConnectorKind>
  surroundings: Omit<Surroundings, 'timeoutMs'>
  log: Log
  observe?: Observe
  /** Cuts all secrets out of what a system answers with: one may know those of another. */
  clean?: (text: string) => string
  /** An end is prepared some seconds before its call, and its read-back may wait out a lag of a minute. */
  graceMs?: number
  /** How often it is tried again to connect what could not be connected at the start. */
  connectEveryMs?: number
}): ConnectedSystems {
  let open: ReadonlyMap<string, Entry> = new Map<string, Entry>()
  let named: ReadonlySet<string> | null = null
  const listeners: ((systemId: string, back: { surely: boolean }) => void)[] = []
  /** Replaced or forgotten, and closed when their timers fire. */
  const retired = new Map<Connector, NodeJS.Timeout>()

  function opened(system: System): Entry {
    const kind = kinds.get(system.connector)
    if (!kind) throw new Error(`System ${system.id}: there is no connector called ${system.connector}`)
    const { id, timeoutMs } = system
    const bare = connected(kind, system.settings, { ...surroundings, timeoutMs })
    const connector = guarded(bare, { system: id, kind: kind.kind, timeoutMs, log, observe, clean })
    connector.onBack((back) => tell(id, back))
    return { system, timeoutMs, connector, isStandIn: false, isSilent: () => connector.isSilent() }
  }

  const tell = (id: string, back: { surely: boolean }): void => {
    for (const listener of listeners) listener(id, back)
  }

  function unconnected(system: System, error: unknown): Entry {
    const { id, timeoutMs, connector: kind } = system
    const errorId = randomBytes(4).toString('hex')
    log.error('a system cannot be connected; it is tried again until it can', {
      system: id,
      id: errorId,
      error,
    })
    const why =
      error instanceof ConnectorError ? clean(error.message) : `in an unexpected way (error ${errorId})`
    const canonical: Connector['canonical'] = (target) => kinds.get(kind)?.canonical(target) ?? ''
    const connector = standIn(`${id} cannot be connected: ${why}`, canonical)
    return { system, timeoutMs, connector, isStandIn: true, isSilent: () => true }
  }

  let connecting: NodeJS.Timeout | undefined
  /** Once a second, until everything is connected. */
  function connectLater(): void {
    clearInterval(connecting)
    connecting = setInterval(() => {
      const waiting = [...open.values()].filter(({ isStandIn }) => isStandIn)
      if (waiting.length === 0) clearInterval(connecting)
      for (const { system } of waiting) connectAgain(system)
    }, connectEveryMs).unref()
  }

  function connectAgain(system: System): void {
    try {
      open = new Map([...open, [system.id, opened(system)]])
    } catch {
      // It was said when it failed first.
      return
    }
    log.info('a system is connected at last', { system: system.id })
    tell(system.id, { surely: true })
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
      const before = open
      const isFirst = named === null
      const fresh: Entry[] = []
      const add = (system: System): void => {
        try {
          fresh.push(opened(system))
        } catch (error) {
          if (!isFirst) throw error
          fresh.push(unconnected(system, error))
        }
      }
      try {
        for (const system of systems.values()) {
          const known = before.get(system.id)
          if (known === undefined || known.isStandIn || !isSame(known.system, system)) add(system)
        }
      } catch (error) {
        for (const { connector } of fresh) void closed(connector)
        throw error
      }
      named = new Set(systems.keys())
      open = new Map([...before, ...fresh.map((entry) => [entry.system.id, entry] as const)])
      for (const { system } of fresh) {
        const replaced = before.get(system.id)
        if (replaced) retire(replaced)
        // What was owed to it waits for its return, of which only the connection that is gone would hear.
        if (replaced?.isSilent() && !open.get(system.id)?.isStandIn) tell(system.id, { surely: true })
      }
      if (fresh.some(({ isStandIn }) => isStandIn)) connectLater()
    },

    get(systemId) {
      const entry = open.get(systemId)
      if (!entry) return null
      const { connector, timeoutMs, isSilent } = entry
      return { connector, timeoutMs, isSilent }
    },

    forget(systemId) {
      const entry = open.get(systemId)
      if (!entry || named?.has(systemId)) return
      open = new Map([...open].filter(([id]) => id !== systemId))
      retire(entry)
    },

    onBack: (listener) => void listeners.push(listener),

    states: () =>
      [...open.values()].map(({ system, isStandIn, isSilent }) => ({
        kind: system.connector,
        state: isStandIn ? 'not-connected' : isSilent() ? 'silent' : 'answering',
      })),

    async close() {
      clearInterval(connecting)
      const connectors = [...[...open.values()].map(({ connector }) => connector), ...retired.keys()]
      for (const timer of retired.values()) clearTimeout(timer)
      open = new Map()
      retired.clear()
      await Promise.all(connectors.map(closed))
    },
  }
}

/** Resolves soon, whatever becomes of it: a connector that fails to close is out of use all the same. */
async function closed(connector: Connector): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, mayCloseMs)))
  await Promise.race([connector.close().catch(() => undefined), late])
  clearTimeout(timer)
}

const isSame = (one: System, other: System) =>
  one.connector === other.connector &&
  one.settingsFingerprint === other.settingsFingerprint &&
  one.timeoutMs === other.timeoutMs
