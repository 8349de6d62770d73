import CircuitBreaker from 'opossum'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import {
  ConnectorError,
  connectorErrorOf,
  type Connector,
  type HandOver,
  type Published,
} from '../domain/connector.ts'
import { cut } from '../domain/cut.ts'
import type { Log } from '../domain/ports/log.ts'
import {
  unobserved,
  type ConnectorOutcome,
  type ConnectorVerb,
  type Observe,
} from '../domain/ports/observe.ts'

/** A system that did not answer so often is asked one call at a time until it does. */
const failuresToOpen = 3
/** Between two tellings that it seems to be back, while it does nothing: doubling. */
const firstUnsureMs = 4_000
const mostUnsureMs = 60_000
/** Over which failures are counted: longer than it takes to try one debt so often. */
const countedOverMs = 20_000
const probeEveryMs = 1_000
const mostProbes = 32
/** After its signal a call has this long to end by itself. */
const mayOverrunMs = 1_000
/** Of what it says, which may be a page of HTML. */
const mostShown = 500
/** A call that kept this process from anything else for so long is named in the log. */
const blockedMs = 250

const page = z.object({ principals: z.array(z.string()), next: z.string().nullable() })
const shown = z.array(z.object({ label: z.string(), text: z.string(), file: z.string().optional() })).min(1)
const bytes = z.instanceof(Uint8Array)
const nothing = z.unknown().transform(() => undefined)

export interface Guarded extends Connector {
  /** Calls back when the system answers again: `surely` once it did something, and not only let itself be checked. */
  onBack(listener: (back: { surely: boolean }) => void): void
  /** Its system does not answer: it is asked once a second until it does. */
  isSilent(): boolean
}

/** What was refused was answered. */
const isRefusal = (error: unknown): boolean => error instanceof ConnectorError && !error.retryable

interface Calling<T> {
  readonly signal: AbortSignal
  readonly answer: z.ZodType<T>
  readonly work: () => Promise<unknown>
}

/**
 * A connector of anybody's, kept from harming the rest.
 *
 * - While its system does not answer, calls fail at once (`happened: 'no'`), but for one a second; as often a probe asks
 *   whether it does again.
 * - Whatever it throws is a `ConnectorError`; what is none is written to the log under an id that the error names.
 * - What it returns is checked; a call that never ends ends a second after its signal.
 */
export function guarded(
  connector: Connector,
  {
    system,
    kind,
    timeoutMs,
    log,
    observe = unobserved,
    clean = (text) => text,
  }: {
    system: string
    kind: string
    timeoutMs: number
    log: Log
    observe?: Observe
    /** What it throws and says is shown to people, and kept: without these. */
    clean?: (text: string) => string
  },
): Guarded {
  const listeners: ((back: { surely: boolean }) => void)[] = []
  let isUnsure = false
  let lastFailure = 'no answer'

  /** Makes one call, and measures it; rejects with `ConnectorError`s alone. */
  async function called<T>(verb: ConnectorVerb, calling: Calling<T>): Promise<T> {
    const beganMs = performance.now()
    const ended = (outcome: ConnectorOutcome): void =>
      observe({
        type: 'connector-called',
        system,
        kind,
        verb,
        outcome,
        tookMs: performance.now() - beganMs,
      })
    try {
      const answer = await made(verb, calling)
      ended('done')
      return answer
    } catch (error) {
      ended(isRefusal(error) ? 'refused' : 'failed')
      throw error
    }
  }

  async function made<T>(verb: ConnectorVerb, { signal, answer, work }: Calling<T>): Promise<T> {
    const failed = (why: string, cause: unknown): ConnectorError => {
      const id = randomBytes(4).toString('hex')
      const about = { system, connector: kind, verb, why, id }
      try {
        // What making a secret throws may name it.
        log.error('a connector did what it must not', {
          ...about,
          error: verb === 'make' ? 'not shown' : cause,
        })
      } catch {
        log.error('a connector did what it must not', { ...about, error: 'it cannot be read' })
      }
      return new ConnectorError(`${system}: its connector ${why} (error ${id})`, { retryable: true })
    }
    let result: unknown
    const overrun = overrunOf(signal)
    try {
      const beganMs = performance.now()
      const running = work()
      const tookMs = performance.now() - beganMs
      if (tookMs > blockedMs)
        log.warn('a connector kept this process busy', { system, connector: kind, verb, tookMs })
      result = await Promise.race([running, overrun.rejects])
    } catch (error) {
      const failure = readable(error)
      if (failure !== null) throw cleaned(failure)
      throw failed(error instanceof Overrun ? 'did not end in time' : 'failed in an unexpected way', error)
    } finally {
      overrun.end()
    }
    const parsed = answer.safeParse(result)
    if (!parsed.success) throw failed('returned what cannot be read', parsed.error)
    return parsed.data
  }

  const cleaned = (failure: ConnectorError): ConnectorError => {
    // In this order: of a secret that was cut off in its middle most would be left.
    const message = cut(clean(failure.message), mostShown)
    const { retryable, happened } = failure
    return message === failure.message
      ? failure
      : new ConnectorError(message, { retryable, happened, cause: failure })
  }

  const breaker = new CircuitBreaker(async (call: () => Promise<unknown>) => call(), {
    timeout: false,
    // Closed by the answer to a probe, never by time alone.
    resetTimeout: 2 ** 31 - 1,
    volumeThreshold: failuresToOpen,
    rollingCountTimeout: countedOverMs,
    errorThresholdPercentage: 50,
    rollingPercentilesEnabled: false,
    errorFilter: isRefusal,
  })
  const tell = (surely: boolean): void => {
    for (const listener of listeners) listener({ surely })
  }
  let probing: NodeJS.Timeout | undefined
  let probes = 0
  /** Waits for no earlier one: what was asked while the system was away may never be answered. */
  const probe = (): void => {
    if (probes >= mostProbes) return
    probes++
    check({ targets: [], signal: AbortSignal.timeout(timeoutMs) })
      .then(() => true, isRefusal)
      .then((answers) => {
        if (answers && breaker.opened) breaker.close()
      })
      .finally(() => probes--)
      .catch(() => undefined)
  }
  breaker.on('open', () => {
    log.warn('a system does not answer; it is asked once a second until it does', { system, lastFailure })
    clearInterval(probing)
    probing = setInterval(probe, probeEveryMs).unref()
    triedMs = performance.now()
  })
  breaker.on('close', () => {
    clearInterval(probing)
    log.info('a system answers again', { system })
    isUnsure = true
    clearTimeout(telling)
    telling = setTimeout(seemsBack, Math.max(0, nextUnsureMs - performance.now())).unref()
  })

  let telling: NodeJS.Timeout | undefined
  let unsures = 0
  let nextUnsureMs = -Infinity
  let triedMs = 0
  /** One call a second goes to a system that does not answer, beside the probes. */
  const mayTry = (): boolean => {
    const nowMs = performance.now()
    if (!breaker.opened || nowMs - triedMs < probeEveryMs) return false
    triedMs = nowMs
    return true
  }
  /** One that lets itself be checked and does nothing is asked ever more seldom for what it did not do. */
  const seemsBack = (): void => {
    if (breaker.opened || !isUnsure) return
    nextUnsureMs = performance.now() + Math.min(mostUnsureMs, firstUnsureMs * 2 ** unsures)
    unsures += 1
    tell(false)
  }
  const isSure = (): void => {
    if (!isUnsure || breaker.opened) return
    isUnsure = false
    unsures = 0
    nextUnsureMs = -Infinity
    tell(true)
  }

  const words = z.string().transform(clean)
  const saidLacks = z.array(z.object({ what: words, remedy: words.nullable() }))
  const check: Connector['check'] = ({ targets, signal }) =>
    called('check', { signal, answer: saidLacks, work: () => connector.check({ targets, signal }) })

  async function behind<T>(verb: ConnectorVerb, call: Calling<T>): Promise<T> {
    const answers: { got: T }[] = []
    const work = async (): Promise<void> => {
      answers.push({ got: await called(verb, call) })
    }
    try {
      if (mayTry()) {
        // What answers one call answers the next, be it by a refusal: also where it cannot be checked.
        await work().catch((error: unknown) => {
          if (isRefusal(error)) breaker.close()
          throw error
        })
        breaker.close()
      } else await breaker.fire(work)
    } catch (error) {
      if (error instanceof ConnectorError) {
        lastFailure = error.message
        // What it refused it answered: others need not be refused.
        if (isRefusal(error) && verb !== 'has') isSure()
        throw error
      }
      observe({ type: 'connector-called', system, kind, verb, outcome: 'not-asked', tookMs: 0 })
      throw new ConnectorError(`${system} does not answer now: ${lastFailure}`, {
        retryable: true,
        happened: 'no',
        cause: error,
      })
    }
    const [first] = answers
    if (first === undefined) throw new ConnectorError(`${system} was not asked`, { retryable: true })
    if (verb !== 'has') isSure()
    return first.got
  }

  const guardedHandOver = (handOver: HandOver): HandOver => ({
    what: handOver.what,
    isFor: (target) => {
      try {
        return handOver.isFor(target)
      } catch (error) {
        log.error('a connector cannot say whether it makes a secret', { system, connector: kind, error })
        return false
      }
    },
    brings: handOver.brings,
    // What one holder brings, and reads, concerns nobody else: it tells nothing of the system, and no other call of it.
    make: (call) => called('make', { signal: call.signal, answer: shown, work: () => handOver.make(call) }),
  })

  const guardedPublishes = (publishes: Published): Published => ({
    type: publishes.type,
    // Hosts ask all the time: what they are told says nothing of whether the system can be given and taken.
    read: (signal) => called('publish', { signal, answer: bytes, work: () => publishes.read(signal) }),
  })

  return {
    give: (call) =>
      behind('give', { signal: call.signal, answer: nothing, work: () => connector.give(call) }),
    take: (call) =>
      behind('take', { signal: call.signal, answer: nothing, work: () => connector.take(call) }),
    ...(connector.cut === undefined
      ? {}
      : {
          cut: (call) =>
            behind('cut', {
              signal: call.signal,
              answer: nothing,
              work: async () => connector.cut?.(call),
            }),
        }),
    // What is left over opens nothing: that it cannot be removed does not tell whether the system answers.
    ...(connector.tidy === undefined
      ? {}
      : {
          tidy: (call) =>
            called('tidy', {
              signal: call.signal,
              answer: nothing,
              work: async () => connector.tidy?.(call),
            }),
        }),
    ...(connector.handOver === undefined ? {} : { handOver: guardedHandOver(connector.handOver) }),
    ...(connector.publishes === undefined ? {} : { publishes: guardedPublishes(connector.publishes) }),
    has: (query) =>
      behind('has', { signal: query.signal, answer: z.boolean(), work: () => connector.has(query) }),
    // What cannot be listed can be given and taken all the same: it does not tell whether the system answers.
    list: (query) =>
      called('list', { signal: query.signal, answer: page, work: () => connector.list(query) }),
    check,
    canonical: (target) => connector.canonical(target),
    ...(connector.canonicalPrincipal === undefined
      ? {}
      : { canonicalPrincipal: (principal) => connector.canonicalPrincipal?.(principal) ?? principal }),
    where: connector.where,
    hasLagMs: connector.hasLagMs,
    lateMs: connector.lateMs,
    onBack: (listener) => void listeners.push(listener),
    isSilent: () => breaker.opened,
    close: async () => {
      clearInterval(probing)
      clearTimeout(telling)
      breaker.shutdown()
      await connector.close()
    },
  }
}

/** The failure that was thrown; null where it is none, or throws when it is read. */
function readable(error: unknown): ConnectorError | null {
  try {
    return connectorErrorOf(error)
  } catch {
    return null
  }
}

class Overrun extends Error {}

/** Rejects when a call has overrun its signal, unless it has ended. A controller for each would take a tenth of a call. */
function overrunOf(signal: AbortSignal): { readonly rejects: Promise<never>; end(): void } {
  let timer: NodeJS.Timeout | undefined
  let wait = (): void => undefined
  const rejects = new Promise<never>((_resolve, reject) => {
    wait = () => {
      timer = setTimeout(() => reject(new Overrun()), mayOverrunMs)
    }
  })
  if (signal.aborted) wait()
  else signal.addEventListener('abort', wait, { once: true })
  return {
    rejects,
    end: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wait)
    },
  }
}
