import PQueue from 'p-queue'
import { untraced, type Trace } from '../../domain/ports/trace.ts'
import { inTime } from '../../in-time.ts'
import { OnceMore } from '../../once-more.ts'
import { partOfThis } from '../../under-way.ts'

/** Calls go first, what prepares them next, read-backs and records after. */
const priorities = { call: 2, prepare: 1, record: 0 } as const
/** What no giving and no taking waits for, in places of its own: what people wait for goes first. */
const besides = { make: 1, tidy: 0 } as const

/** Longer than whatever a step waits for, one after the other. One that never ends keeps its place and its hold no longer. */
export const mostStepMs = 180_000

interface Work {
  readonly system: string
  readonly work: () => Promise<void>
}

/**
 * This process's work on the systems: a bounded queue each, so that one hanging system holds up no other.
 * One grant is settled by one run at a time, and one hold is worked on by one grant at a time; between
 * processes the hold's lease does the same.
 */
export class Queues {
  readonly #concurrency: number
  readonly #stepMs: number | undefined
  readonly #trace: Trace
  readonly #systems = new Map<string, PQueue>()
  readonly #beside = new Map<string, PQueue>()
  readonly #running = new Map<string, string>()
  readonly #runs = new OnceMore<Work>(async (id, { system, work }) => {
    this.#running.set(id, system)
    try {
      await work()
    } finally {
      this.#running.delete(id)
    }
  })
  readonly #turns = new Map<string, Promise<void>>()

  constructor({
    concurrency = 64,
    stepMs,
    trace = untraced,
  }: { concurrency?: number; stepMs?: number; trace?: Trace } = {}) {
    this.#concurrency = concurrency
    this.#stepMs = stepMs
    this.#trace = trace
  }

  /** Runs `work` for this id, or once after the run that is under way. Never two at a time. It must not reject. */
  start(id: string, system: string, work: () => Promise<void>): void {
    void this.#runs.ask(id, { system, work })
  }

  /** One more run is to follow the one that is under way. */
  isWantedAgain(id: string): boolean {
    return this.#runs.next(id) !== null
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  get size(): number {
    return this.#running.size
  }

  /** More is to be done at a system than there is room for. */
  get isBehind(): boolean {
    return [...this.#systems.values()].some(({ size }) => size > 0)
  }

  /** Systems that have so much to do already that more would only wait. */
  fullSystems(most: number): string[] {
    const counts = new Map<string, number>()
    for (const system of this.#running.values()) counts.set(system, (counts.get(system) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= most).map(([system]) => system)
  }

  /**
   * One step of work on a system, when a place in its queue is free. Rejects where it does not end within `stepMs`: by then
   * its lease is over, under which it would send anything.
   */
  async step<T>(
    system: string,
    kind: keyof typeof priorities | keyof typeof besides,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#trace({ type: 'place', of: kind, system }, (say) => {
      const askedAtMs = performance.now()
      const begun = partOfThis(() => {
        say({ queuedMs: performance.now() - askedAtMs })
        return this.#stepMs === undefined ? work() : inTime(work(), this.#stepMs, late(this.#stepMs))
      })
      if (kind === 'make' || kind === 'tidy')
        return queueOf(this.#beside, system, this.#concurrency / 4).add(begun, { priority: besides[kind] })
      return queueOf(this.#systems, system, this.#concurrency).add(begun, { priority: priorities[kind] })
    })
  }

  /** Waits for whoever of this process is working on the same hold. */
  async turn<T>(hold: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(hold)
    let pass = (): void => undefined
    const mine = new Promise<void>((resolve) => (pass = resolve))
    this.#turns.set(hold, mine)
    try {
      await (before && this.#trace({ type: 'wait', for: 'turn' }, () => before))
      return await work()
    } finally {
      if (this.#turns.get(hold) === mine) this.#turns.delete(hold)
      pass()
    }
  }

  /** Takes nothing new; resolves when what is in flight has ended. */
  stop(): Promise<void> {
    return this.#runs.stop()
  }
}

const late = (ms: number) => () => new Error(`it did not end within ${ms} ms, and is given up`)

function queueOf(queues: Map<string, PQueue>, system: string, concurrency: number): PQueue {
  const known = queues.get(system)
  if (known) return known
  const queue = new PQueue({ concurrency })
  queues.set(system, queue)
  return queue
}
