import { noDeviceSources } from '../support/memory-devices.ts'
import { noReporters } from '../support/no-reporters.ts'
import type { CurrentCatalog } from '../../src/domain/ports/catalog.ts'
import type { DeviceStore } from '../../src/domain/ports/devices.ts'
import type { Directory } from '../../src/domain/ports/directory.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import { unobserved } from '../../src/domain/ports/observe.ts'
import { untraced } from '../../src/domain/ports/trace.ts'
import { Queues } from '../../src/operations/by-itself/queues.ts'
import { settleOnChange, sweep } from '../../src/operations/by-itself/sweep.ts'
import type { World } from '../../src/operations/world.ts'
import {
  memoryGrants,
  memoryHolds,
  memoryLosses,
  noDifferences,
  noIdentities,
  noTickets,
  type MemoryDatabase,
  type Step,
} from '../support/memory-stores.ts'
import type { ScriptedSystem } from './scripted-system.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Chaos {
  /** Chance that a round trip loses its reply, that the process pauses, that its machine sleeps, and that it dies there. */
  lostReply: number
  pause: number
  sleep: number
  crash: number
  /** Chance that Slack does not answer who somebody is. */
  unknownFacts: number
  /** Chance that it stops right between its last check and the send of a call, for how long, and that it dies of it then. */
  freeze: { chance: number; fromMs: number; toMs: number; deadly: number }
  untilMs: number
}

/**
 * One process on a machine of its own: it can pause, sleep and die at any await. What it waited for when it died is never
 * heard of again. While its machine sleeps, its timers and its monotonic clock stand still.
 */
export class Replica {
  readonly world: World
  readonly #time: VirtualTime
  readonly #random: () => number
  readonly #chaos: Chaos
  #pausedUntilMs = 0
  #isAlive = true
  #sleptMs = 0
  /** As the real clock carries the database's: from a sample by what its machine counts. */
  #sample = { serverMs: 0, awakeMs: 0, repliedAtMs: -Infinity, roundTripMs: Infinity }

  constructor(options: {
    time: VirtualTime
    random: () => number
    chaos: Chaos
    db: MemoryDatabase
    system: ScriptedSystem
    catalog: CurrentCatalog
    directory: Directory
    devices: DeviceStore
    newId: () => string
    log: Log
    isSilent?: () => boolean
  }) {
    const { time, random, db, system, catalog, isSilent = () => false } = options
    this.#time = time
    this.#random = random
    this.#chaos = options.chaos
    const connector = system.connectorOf(this)
    const now = () => new Date(this.#sample.serverMs + this.#awakeMs - this.#sample.awakeMs)
    this.world = {
      grants: memoryGrants(db, now, this.#step),
      holds: memoryHolds(db, this.#step),
      quotas: { use: () => this.never(), giveBack: () => this.never(), left: () => this.never() },
      preApprovals: {
        insert: () => this.never(),
        get: () => this.never(),
        stop: () => this.never(),
        forSubject: async () => [],
        byApprover: async () => [],
        running: async () => [],
      },
      losses: memoryLosses(),
      ...noDifferences,
      ...noTickets,
      ...noIdentities,
      ...noReporters,
      deviceSources: noDeviceSources,
      devices: options.devices,
      people: {
        seen: () => this.never(),
        bySlackUser: (userId) =>
          this.#step(() => ({ id: userId, slack: { teamId: 'T1', userId }, name: userId, email: null })),
      },
      directory: this.#asAnswered(options.directory),
      catalog,
      agrees: () => true,
      isAfterRestore: () => false,
      leavesSlackToOthers: () => false,
      systems: () => ({ connector, timeoutMs: system.habits.timeoutMs, isSilent }),
      clock: {
        now,
        isSure: () => this.#sampleAgeMs < 10_000,
        sample: () => this.#askTheTime(),
        monotonicMs: () => this.#elapsedMs,
        sleep: (ms) => this.wait(ms),
        within: async (ms, work) =>
          Promise.race([
            work(new AbortController().signal).then((value) => ({ done: true as const, value })),
            this.wait(ms).then(() => ({ done: false as const })),
          ]),
      },
      queues: new Queues(),
      log: options.log,
      observe: unobserved,
      trace: untraced,
      random,
      newId: options.newId,
    }
    // What it starts with is a guess that is never ahead; its first sweep asks.
    this.#sample = { ...this.#sample, serverMs: time.nowMs, awakeMs: this.#awakeMs }
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
    const untilMs = this.#awakeMs + ms
    return new Promise((resolve) => {
      const wake = (): void => {
        if (!this.#isAlive) return
        if (this.#pausedUntilMs > this.#time.nowMs) this.#time.at(this.#pausedUntilMs, wake)
        else if (this.#awakeMs < untilMs) this.#time.at(this.#time.nowMs + untilMs - this.#awakeMs, wake)
        else resolve()
      }
      this.#time.at(this.#time.nowMs + ms, wake)
    })
  }

  never<T>(): Promise<T> {
    return new Promise(() => undefined)
  }

  /** A moment at which the scheduler or a garbage collection may stop the whole process for a while, or for good. */
  async #mayPause(): Promise<void> {
    if (this.#time.nowMs >= this.#chaos.untilMs) return
    if (this.#strikes(this.#chaos.crash)) this.die()
    if (this.#strikes(this.#chaos.pause)) this.pause(this.#random() * 15_000)
    if (this.#strikes(this.#chaos.sleep)) this.#sleep(this.#random() * 40_000)
    if (!this.#isAlive || this.#pausedUntilMs > this.#time.nowMs) await this.wait(0)
  }

  /** The one gap that no check can close: between the last check and the send. It may die in it in any run. */
  async maySend(): Promise<void> {
    const { crash, freeze } = this.#chaos
    if (this.#strikes(crash)) this.die()
    if (!this.#isAlive) await this.never()
    if (!this.#strikes(freeze.chance)) return
    this.pause(freeze.fromMs + this.#random() * (freeze.toMs - freeze.fromMs))
    await this.wait(0)
    // It has sent by then, and never learns that it came too late.
    if (this.#strikes(freeze.deadly)) this.#time.at(this.#time.nowMs + 1, () => this.die())
  }

  /** What its machine counts: not while it sleeps. */
  get #awakeMs(): number {
    return this.#time.nowMs - this.#sleptMs
  }

  /** What passed, slept through or not: `Clock.monotonicMs` promises it, however it is found out. */
  get #elapsedMs(): number {
    return this.#awakeMs + this.#sleptMs
  }

  get #sampleAgeMs(): number {
    return this.#elapsedMs - this.#sample.repliedAtMs
  }

  #sleep(ms: number): void {
    this.pause(ms)
    this.#sleptMs += ms
  }

  async #askTheTime(): Promise<void> {
    const askedAtMs = this.#elapsedMs
    const serverMs = await this.#step(() => this.#time.nowMs).catch(() => null)
    if (serverMs === null) return
    const repliedAtMs = this.#elapsedMs
    const roundTripMs = repliedAtMs - askedAtMs
    const errorMs = this.#sample.roundTripMs + this.#sampleAgeMs / 1_000
    if (roundTripMs <= errorMs || this.#sampleAgeMs > 5_000)
      this.#sample = { serverMs, awakeMs: this.#awakeMs, repliedAtMs, roundTripMs }
  }

  #asAnswered(directory: Directory): Directory {
    const { unknownFacts } = this.#chaos
    const orUnknown = <T>(answer: T) => (this.#strikes(unknownFacts) ? ('unknown' as const) : answer)
    return {
      ...directory,
      facts: async (who) => orUnknown(await directory.facts(who)),
      freshFacts: async (who) => orUnknown(await directory.freshFacts(who)),
      named: async (name) => orUnknown(await directory.named(name)),
      everyone: async () => orUnknown(await directory.everyone()),
    }
  }

  readonly #step: Step = async (effect) => {
    await this.wait(this.#random() * 4)
    await this.#mayPause()
    const value = effect()
    if (this.#strikes(this.#chaos.lostReply)) throw new Error('the database went away')
    await this.#mayPause()
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
