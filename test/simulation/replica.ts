import type { Catalog } from '../../src/domain/catalog.ts'
import type { Directory, Log } from '../../src/domain/ports.ts'
import { Queues } from '../../src/operations/queues.ts'
import { settleOnChange, sweep } from '../../src/operations/sweep.ts'
import type { World } from '../../src/operations/world.ts'
import { memoryGrants, memoryHolds, type MemoryDatabase, type Step } from '../support/memory-stores.ts'
import type { ScriptedSystem } from './scripted-system.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Chaos {
  /** Chance that a round trip loses its reply, that the process pauses, and that it dies there. */
  lostReply: number
  pause: number
  crash: number
  /** Chance that it stops right between its last check and the send of a call, and for how long. */
  freeze: { chance: number; fromMs: number; toMs: number }
  untilMs: number
}

/** One process: it can pause and die at any await. What it waited for is then never heard of again. */
export class Replica {
  readonly world: World
  readonly #time: VirtualTime
  readonly #random: () => number
  readonly #chaos: Chaos
  #pausedUntilMs = 0
  #isAlive = true
  #sampledAtMs = 0

  constructor(options: {
    time: VirtualTime
    random: () => number
    chaos: Chaos
    db: MemoryDatabase
    system: ScriptedSystem
    catalog: Catalog
    directory: Directory
    newId: () => string
    log: Log
  }) {
    const { time, random, db, system, catalog } = options
    this.#time = time
    this.#random = random
    this.#chaos = options.chaos
    const connector = system.connectorOf(this)
    const now = () => new Date(time.nowMs)
    this.world = {
      grants: memoryGrants(db, now, this.#step),
      holds: memoryHolds(db, this.#step),
      quotas: { use: () => this.never(), giveBack: () => this.never(), left: () => this.never() },
      preApprovals: {
        ...{ insert: () => this.never(), get: () => this.never(), stop: () => this.never() },
        ...{ forSubject: async () => [], byApprover: async () => [], running: async () => [] },
      },
      people: { seen: () => this.never(), get: () => this.never() },
      directory: options.directory,
      catalog: () => catalog,
      systems: () => ({ connector, timeoutMs: system.habits.timeoutMs }),
      clock: {
        now,
        isSure: () => time.nowMs - this.#sampledAtMs < 10_000,
        sample: async () => {
          this.#sampledAtMs = await this.#step(() => time.nowMs).catch(() => this.#sampledAtMs)
        },
        monotonicMs: () => time.nowMs,
        sleep: (ms) => this.wait(ms),
        within: async (ms, work) =>
          Promise.race([
            work(new AbortController().signal).then((value) => ({ done: true as const, value })),
            this.wait(ms).then(() => ({ done: false as const })),
          ]),
      },
      queues: new Queues(),
      log: options.log,
      random,
      newId: options.newId,
    }
    settleOnChange(this.world)
    this.#sweepEverySecond()
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  die(): void {
    this.#isAlive = false
  }

  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#time.nowMs + ms)
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (!this.#isAlive) return
        if (this.#pausedUntilMs > this.#time.nowMs) this.#time.at(this.#pausedUntilMs, wake)
        else resolve()
      }
      this.#time.at(this.#time.nowMs + ms, wake)
    })
  }

  never<T>(): Promise<T> {
    return new Promise(() => undefined)
  }

  /** A moment at which the scheduler or a garbage collection may stop the whole process for a while, or for good. */
  async mayPause(): Promise<void> {
    if (this.#time.nowMs >= this.#chaos.untilMs) return
    if (this.#strikes(this.#chaos.crash)) this.die()
    if (this.#strikes(this.#chaos.pause)) this.pause(this.#random() * 15_000)
    if (!this.#isAlive || this.#pausedUntilMs > this.#time.nowMs) await this.wait(0)
  }

  /** The one gap that no check can close. */
  async mayFreeze(): Promise<void> {
    const { chance, fromMs, toMs } = this.#chaos.freeze
    if (!this.#strikes(chance)) return
    this.pause(fromMs + this.#random() * (toMs - fromMs))
    await this.wait(0)
  }

  readonly #step: Step = async (effect) => {
    await this.wait(this.#random() * 4)
    await this.mayPause()
    const value = effect()
    if (this.#strikes(this.#chaos.lostReply)) throw new Error('the database went away')
    await this.mayPause()
    await this.wait(this.#random() * 4)
    return value
  }

  #strikes(chance: number): boolean {
    return this.#time.nowMs < this.#chaos.untilMs && this.#random() < chance
  }

  #sweepEverySecond(): void {
    void (async () => {
      for (;;) {
        await sweep(this.world).catch(() => undefined)
        await this.wait(1_000)
      }
    })()
  }
}
