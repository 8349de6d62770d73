import type { Surroundings } from '../../domain/connector.ts'
import { cut } from '../../domain/cut.ts'
import type { FleetSettings } from '../../domain/devices/source-kinds.ts'
import type { Log } from '../../domain/ports/log.ts'
import { elapsedMs } from '../../elapsed.ts'
import { OnceMore } from '../../once-more.ts'
import { fleetApi } from './api.ts'
import { Looks, type Looked, type Sink } from './look.ts'
import { FleetTrouble } from './trouble.ts'

/** How a source is that is asked. */
export interface SourceHealth {
  /** When a look was last finished: all that it said was noted. Null: none yet, by this process. */
  readonly lastAnsweredAt: Date | null
  /** How many looks were finished of which something was taken, or nothing was new. */
  readonly goodLooks: number
  /** Null: the last look was finished, or there was none. */
  readonly failingSince: Date | null
  /** For admins, without a secret. */
  readonly error: string | null
}

/**
 * Asks a Fleet server for its hosts and hands on what is new. Its methods never reject: what went wrong is in `health` and,
 * once for each kind of trouble, in the log.
 */
export interface FleetSource {
  /** Resolves when nothing runs any more; what is asked for afterwards is not done. */
  stop(): Promise<void>
  /**
   * Resolves when a look has ended: one that runs is waited for, never are there two. Nothing is asked while Fleet wants to
   * be left alone (429), nor for a quarter of an hour after it did not accept the token.
   */
  lookNow(): Promise<SourceHealth>
  /** Looks at one host, whatever its webhook said of it; at all, where so many are asked for that it is cheaper. */
  lookAt(hostId: string): Promise<void>
  health(): SourceHealth
}

const rejectedMs = 15 * 60_000
const mostWaiting = 50
/** Of what it answers, which may be a page of HTML. */
const mostShown = 500

export interface FleetSourceParts {
  /** The source's, by the catalog. */
  readonly id: string
  readonly settings: FleetSettings
  readonly sink: Sink
  readonly log: Log
  readonly surroundings: Pick<Surroundings, 'timeoutMs' | 'proxies' | 'now'>
  /** Before what may pass is tried again. */
  readonly pauseMs?: number
}

export function fleetSource({
  id: source,
  settings,
  sink,
  log,
  surroundings,
  pauseMs = 1_000,
}: FleetSourceParts): FleetSource {
  const api = fleetApi(settings, { surroundings, pauseMs })
  const looks = new Looks({ api, sink })
  const stopping = new AbortController()
  const { signal } = stopping
  let health: SourceHealth = { lastAnsweredAt: null, goodLooks: 0, failingSince: null, error: null }
  let saidOf: string | null = null
  /** By `elapsedMs`. */
  let notBeforeMs = 0
  let running: Promise<void> | null = null
  const waiting = new Set<number>()
  const waited = new OnceMore<null>(() => lookAtWaiting())

  const isStopping = () => signal.aborted
  const mustWaitMs = () => Math.max(0, notBeforeMs - elapsedMs())

  async function look(): Promise<void> {
    try {
      const looked = await looks.all(signal)
      answered(looked)
    } catch (error) {
      if (!isStopping()) failed(error)
    }
  }

  function answered({ hosts, told, refused, words }: Looked): void {
    if (health.failingSince !== null) log.info('fleet answers again', { source })
    const goodLooks = health.goodLooks + (told > 0 && refused === told ? 0 : 1)
    health = { lastAnsweredAt: surroundings.now(), goodLooks, failingSince: null, error: null }
    saidOf = null
    log.debug('fleet looked at', { source, hosts, told })
    if (refused > 0) log.warn('devices of fleet not taken', { source, refused, because: words })
  }

  function failed(error: unknown): void {
    const trouble = error instanceof FleetTrouble ? error : null
    const kind = trouble?.kind ?? 'bug'
    waitOut(trouble)
    const words = cut(trouble?.message ?? 'A look at Fleet broke', mostShown)
    health = { ...health, failingSince: health.failingSince ?? surroundings.now(), error: words }
    if (saidOf === kind) return
    saidOf = kind
    if (kind === 'rejected') log.error('fleet does not accept the token', { source, because: words })
    else if (kind === 'bug' || kind === 'not-noted') log.error('a look at fleet broke', { source, error })
    else log.warn('fleet does not answer', { source, because: words })
  }

  function waitOut(trouble: FleetTrouble | null): void {
    if (trouble?.kind === 'rejected') notBeforeMs = elapsedMs() + rejectedMs
    if (trouble?.kind === 'throttled') notBeforeMs = elapsedMs() + trouble.waitMs
  }

  async function lookOnce(): Promise<void> {
    if (isStopping() || mustWaitMs() > 0) return
    running ??= look().finally(() => {
      running = null
    })
    await running
  }

  async function lookAtWaiting(): Promise<void> {
    for (const id of waiting) {
      if (isStopping() || mustWaitMs() > 0) break
      waiting.delete(id)
      try {
        await looks.one(id, signal)
      } catch (error) {
        if (isStopping()) break
        // Whether Fleet answers is what its list shows; the next look sees this host anyway.
        waitOut(error instanceof FleetTrouble ? error : null)
        log.warn('a host of fleet not looked at', { source, hostId: id, error })
      }
    }
    waiting.clear()
  }

  return {
    async stop() {
      stopping.abort()
      await Promise.all([running, waited.stop()])
      await api.close()
    },
    async lookNow() {
      await lookOnce()
      return health
    },
    async lookAt(hostId) {
      if (!/^[1-9]\d{0,14}$/.test(hostId) || isStopping()) return
      if (waiting.size >= mostWaiting) {
        waiting.clear()
        await lookOnce()
        return
      }
      waiting.add(Number(hostId))
      await waited.ask('hosts', null)
    },
    health: () => health,
  }
}
