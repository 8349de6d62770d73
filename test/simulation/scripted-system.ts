import {
  ConnectorError,
  type Call,
  type Connector,
  type GiveCall,
  type Place,
} from '../../src/domain/connector.ts'
import type { Replica } from './replica.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Habits {
  /** The longest call. */
  timeoutMs: number
  /** Lets what was given lapse by itself at the time it was told. */
  expires: boolean
  /** Answers a known idempotency key without doing anything. */
  dedupes: boolean
  hasLagMs: number
}

/** How often calls go wrong, from 0 to 1, until the faults end. */
export interface Trouble {
  rate: number
  untilMs: number
  outage: { fromMs: number; untilMs: number } | null
}

/** A system that does what it is told: soon, late, without answering, or not at all. Effects never come after M. */
export class ScriptedSystem {
  readonly held = new Map<string, { untilMs: number }>()
  readonly #past: { atMs: number; key: string; isHeld: boolean }[] = []
  readonly #keys = new Set<string>()
  readonly #time: VirtualTime
  readonly #random: () => number
  readonly habits: Habits
  readonly #trouble: Trouble
  readonly #onGive: (key: string) => void

  constructor(
    time: VirtualTime,
    random: () => number,
    options: { habits: Habits; trouble: Trouble; onGive: (key: string) => void },
  ) {
    this.#time = time
    this.#random = random
    this.habits = options.habits
    this.#trouble = options.trouble
    this.#onGive = options.onGive
  }

  isHeld(key: string): boolean {
    const held = this.held.get(key)
    return held !== undefined && held.untilMs > this.#time.nowMs
  }

  /** The connector of one replica: its calls leave when the replica runs. */
  connectorOf(replica: Replica): Connector {
    const { hasLagMs } = this.habits
    return {
      give: (call) => this.#call(replica, call, () => this.#give(call)),
      take: (call) => this.#call(replica, call, () => this.#take(call)),
      has: (place) => this.#ask(replica, place),
      list: async () => [],
      check: async () => undefined,
      canonical: (target) => JSON.stringify(target),
      where: 'here',
      hasLagMs,
      close: async () => undefined,
    }
  }

  #give(call: GiveCall): void {
    if (this.habits.dedupes && this.#keys.has(call.idempotencyKey)) return
    this.#keys.add(call.idempotencyKey)
    const key = keyOf(call)
    this.#onGive(key)
    this.#set(key, { untilMs: this.habits.expires ? call.until.getTime() : Infinity })
  }

  #take(call: Call): void {
    if (this.habits.dedupes && this.#keys.has(call.idempotencyKey)) return
    this.#keys.add(call.idempotencyKey)
    this.#set(keyOf(call), null)
  }

  #set(key: string, held: { untilMs: number } | null): void {
    this.#past.push({ atMs: this.#time.nowMs, key, isHeld: this.isHeld(key) })
    if (held) this.held.set(key, held)
    else this.held.delete(key)
  }

  async #call(replica: Replica, call: Call, effect: () => void): Promise<void> {
    await replica.mayPause()
    await replica.mayFreeze()
    const { timeoutMs } = this.habits
    const fate = this.#fate()
    const soonMs = this.#random() * 40
    const effectIn = (ms: number) => this.#time.look(this.#time.nowMs + ms, effect)
    switch (fate) {
      case 'ok':
        effectIn(soonMs)
        return replica.wait(soonMs + this.#random() * 40)
      case 'slow':
        effectIn(this.#random() * timeoutMs)
        return replica.never()
      case 'lost':
        effectIn(soonMs)
        await replica.wait(soonMs + 10)
        throw new Error('connection reset')
      case 'reset-late':
        effectIn(this.#random() * timeoutMs)
        await replica.wait(soonMs)
        throw new ConnectorError('connection reset', { retryable: true })
      case 'nothing':
        await replica.wait(soonMs)
        throw new ConnectorError('503', { retryable: true })
      case 'refused':
        await replica.wait(soonMs)
        throw new ConnectorError('refused', { retryable: true, happened: 'no' })
      case 'hang':
        return replica.never()
    }
  }

  async #ask(replica: Replica, place: Place): Promise<boolean> {
    const fate = this.#fate()
    await replica.wait(this.#random() * 40)
    if (fate !== 'ok' && fate !== 'slow' && fate !== 'lost') {
      throw new ConnectorError('no answer', { retryable: true, happened: 'no' })
    }
    const answer = this.#seen(keyOf(place))
    await replica.wait(this.#random() * 40)
    return answer
  }

  /** With a lag, a reading may be as old as that. */
  #seen(key: string): boolean {
    const { hasLagMs } = this.habits
    if (hasLagMs === 0) return this.isHeld(key)
    const asOfMs = this.#time.nowMs - this.#random() * hasLagMs
    const later = this.#past.find((past) => past.key === key && past.atMs > asOfMs)
    return later ? later.isHeld : this.isHeld(key)
  }

  #fate(): Fate {
    const { rate, untilMs, outage } = this.#trouble
    const now = this.#time.nowMs
    if (outage && now >= outage.fromMs && now < outage.untilMs)
      return this.#random() < 0.5 ? 'refused' : 'hang'
    if (now > untilMs || this.#random() >= rate) return 'ok'
    return fates[Math.floor(this.#random() * fates.length)]!
  }
}

const fates = ['slow', 'lost', 'reset-late', 'nothing', 'refused', 'hang'] as const
type Fate = (typeof fates)[number] | 'ok'

export const keyOf = ({ principal, target }: Place): string => `${principal} ${JSON.stringify(target)}`
