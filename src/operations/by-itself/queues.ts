import PQueue from 'p-queue'

/** Calls go first, what prepares them next, read-backs and records after. */
const priorities = { call: 2, prepare: 1, record: 0 } as const

/**
 * This process's work on the systems: a bounded queue each, so that one hanging system holds up no other.
 * One grant is settled by one run at a time, and one hold is worked on by one grant at a time; between
 * processes the hold's lease does the same.
 */
export class Queues {
  readonly #concurrency: number
  readonly #systems = new Map<string, PQueue>()
  readonly #running = new Map<string, string>()
  /** Those of the running that are wanted once more. */
  readonly #again = new Set<string>()
  readonly #turns = new Map<string, Promise<void>>()
  readonly #inFlight = new Set<Promise<void>>()
  #stopped = false

  constructor({ concurrency = 64 }: { concurrency?: number } = {}) {
    this.#concurrency = concurrency
  }

  /** Runs `work` for this id, or once more after the run that is under way. Never two at a time. */
  start(id: string, system: string, work: () => Promise<void>): void {
    if (this.#stopped) return
    if (this.#running.has(id)) {
      this.#again.add(id)
      return
    }
    const run = this.#runUntilDone(id, system, work).finally(() => this.#inFlight.delete(run))
    this.#inFlight.add(run)
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  get size(): number {
    return this.#running.size
  }

  /** Systems that have so much to do already that more would only wait. */
  fullSystems(most: number): string[] {
    const counts = new Map<string, number>()
    for (const system of this.#running.values()) counts.set(system, (counts.get(system) ?? 0) + 1)
    return [...counts].filter(([, count]) => count >= most).map(([system]) => system)
  }

  /** One step of work on a system, when a place in its queue is free. */
  async step<T>(system: string, kind: keyof typeof priorities, work: () => Promise<T>): Promise<T> {
    let queue = this.#systems.get(system)
    if (!queue) {
      queue = new PQueue({ concurrency: this.#concurrency })
      this.#systems.set(system, queue)
    }
    return queue.add(work, { priority: priorities[kind] })
  }

  /** Waits for whoever of this process is working on the same hold. */
  async turn<T>(hold: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(hold)
    let pass = (): void => undefined
    const mine = new Promise<void>((resolve) => (pass = resolve))
    this.#turns.set(hold, mine)
    try {
      await before
      return await work()
    } finally {
      if (this.#turns.get(hold) === mine) this.#turns.delete(hold)
      pass()
    }
  }

  /** Takes nothing new; resolves when what is in flight has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#inFlight)
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  async #runUntilDone(id: string, system: string, work: () => Promise<void>): Promise<void> {
    this.#running.set(id, system)
    try {
      do {
        this.#again.delete(id)
        await work()
      } while (this.#again.has(id) && !this.isStopped)
    } finally {
      this.#running.delete(id)
      this.#again.delete(id)
    }
  }
}
