import {
  ConnectorError,
  type Call,
  type Connector,
  type GiveCall,
  type Place,
} from '../../src/domain/connector.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Habits {
  /** The longest call. */
  timeoutMs: number
  /** Lets what was given lapse by itself at the time it was told. */
  expires: boolean
  /** Answers a known idempotency key without doing anything. */
  dedupes: boolean
  hasLagMs: number
  /** Says that it took something back, sometimes, and did not. */
  lies: boolean
  /** How long after it was given up a call may still happen. */
  lateMs: number
  /** Making a secret for a holder gives once more, and a take leaves something that is removed later. */
  makesSecrets: boolean
}

/** How often calls go wrong, from 0 to 1, until the faults end. */
export interface Trouble {
  rate: number
  untilMs: number
  outage: { fromMs: number; untilMs: number } | null
}

/** The process whose calls these are: it may be paused, or dead. */
export interface Caller {
  /** Resolves once a call may leave it; never where it is dead. */
  maySend(): Promise<void>
  wait(ms: number): Promise<void>
  never(): Promise<never>
}

/** What an auditor with eyes on the system sees. */
export interface Eyes {
  onSend(verb: 'give' | 'take', key: string): void
  /** It was not there, and now it is. */
  onAppear(key: string): void
}

/** A system that does what it is told: soon, late, without answering, or not at all. Effects never come after M, the longest call and what it may be late. */
export class ScriptedSystem {
  readonly held = new Map<string, { untilMs: number; sinceMs: number }>()
  /** What takes left. */
  readonly leftovers = new Set<string>()
  readonly #past: { atMs: number; key: string; isHeld: boolean }[] = []
  readonly #keys = new Set<string>()
  readonly #time: VirtualTime
  readonly #random: () => number
  readonly habits: Habits
  readonly #trouble: Trouble
  readonly #eyes: Eyes

  constructor(
    time: VirtualTime,
    random: () => number,
    options: { habits: Habits; trouble: Trouble; eyes: Eyes },
  ) {
    this.#time = time
    this.#random = random
    this.habits = options.habits
    this.#trouble = options.trouble
    this.#eyes = options.eyes
  }

  isHeld(key: string): boolean {
    const held = this.held.get(key)
    return held !== undefined && held.untilMs > this.#time.nowMs
  }

  /** Since when it is held without a break; null while it is not. */
  heldSince(key: string): number | null {
    return this.isHeld(key) ? (this.held.get(key)?.sinceMs ?? null) : null
  }

  /** Held before anybody came. */
  holdsAlready(key: string): void {
    this.held.set(key, { untilMs: Infinity, sinceMs: -Infinity })
  }

  /** The connector of one replica: its calls leave when the replica runs. */
  connectorOf(replica: Caller): Connector {
    const { hasLagMs, lateMs, makesSecrets } = this.habits
    return {
      ...(makesSecrets ? this.#secretsOf(replica) : {}),
      give: (call) => this.#call(replica, call, 'give', () => this.#give(call)),
      take: (call) => this.#call(replica, call, 'take', () => this.#take(call)),
      has: (place) => this.#ask(replica, place),
      list: async () => ({ principals: [], next: null }),
      check: async () => [],
      canonical: (target) => JSON.stringify(target),
      where: 'here',
      hasLagMs,
      lateMs,
      close: async () => undefined,
    }
  }

  #secretsOf(replica: Caller): Pick<Connector, 'handOver' | 'tidy'> {
    return {
      handOver: {
        what: 'password',
        isFor: () => true,
        brings: null,
        make: async (call) => {
          await this.#call(replica, call, 'make', () => this.#giveAnew(call))
          return [{ label: 'Password', text: 'secret' }]
        },
      },
      tidy: async (call) => {
        await replica.maySend()
        await replica.wait(this.#random() * 40)
        if (this.#fate() !== 'ok') throw new ConnectorError('no answer', { retryable: true })
        // What was given again is nothing that is left.
        if (!this.isHeld(keyOf(call))) this.leftovers.delete(keyOf(call))
      },
    }
  }

  #give(call: GiveCall): void {
    if (this.habits.dedupes && this.#keys.has(call.idempotencyKey)) return
    this.#keys.add(call.idempotencyKey)
    this.#set(keyOf(call), this.habits.expires ? call.until.getTime() : Infinity)
  }

  /** Nothing that it was told before of its end is undone. */
  #giveAnew(call: GiveCall): void {
    const untilMs = Math.max(call.until.getTime(), this.held.get(keyOf(call))?.untilMs ?? 0)
    this.#set(keyOf(call), this.habits.expires ? untilMs : Infinity)
  }

  #take(call: Call): void {
    if (this.habits.dedupes && this.#keys.has(call.idempotencyKey)) return
    this.#keys.add(call.idempotencyKey)
    if (this.habits.makesSecrets && this.isHeld(keyOf(call))) this.leftovers.add(keyOf(call))
    this.#set(keyOf(call), null)
  }

  #set(key: string, untilMs: number | null): void {
    const sinceMs = this.heldSince(key)
    this.#past.push({ atMs: this.#time.nowMs, key, isHeld: sinceMs !== null })
    if (untilMs === null) {
      this.held.delete(key)
      return
    }
    this.held.set(key, { untilMs, sinceMs: sinceMs ?? this.#time.nowMs })
    if (sinceMs === null) this.#eyes.onAppear(key)
  }

  async #call(
    replica: Caller,
    call: Call,
    verb: 'give' | 'take' | 'make',
    effect: () => void,
  ): Promise<void> {
    await replica.maySend()
    if (verb !== 'make') this.#eyes.onSend(verb, keyOf(call))
    const { timeoutMs, lies, lateMs } = this.habits
    const fate = this.#fate()
    if (lies && verb === 'take' && this.#isTroubled && this.#random() < 0.2) {
      return replica.wait(this.#random() * 80)
    }
    const soonMs = this.#random() * 40
    const effectIn = (ms: number) => this.#time.look(this.#time.nowMs + ms, effect)
    switch (fate) {
      case 'ok':
        effectIn(soonMs)
        return replica.wait(soonMs + this.#random() * 40)
      case 'slow':
        effectIn(this.#random() * (timeoutMs + lateMs))
        return replica.never()
      case 'lost':
        effectIn(soonMs)
        await replica.wait(soonMs + 10)
        throw new Error('connection reset')
      case 'reset-late':
        effectIn(this.#random() * (timeoutMs + lateMs))
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

  async #ask(replica: Caller, place: Place): Promise<boolean> {
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

  get #isTroubled(): boolean {
    return this.#time.nowMs <= this.#trouble.untilMs
  }

  #fate(): Fate {
    const { rate, outage } = this.#trouble
    const now = this.#time.nowMs
    if (outage && now >= outage.fromMs && now < outage.untilMs)
      return this.#random() < 0.5 ? 'refused' : 'hang'
    if (!this.#isTroubled || this.#random() >= rate) return 'ok'
    return fates[Math.floor(this.#random() * fates.length)]!
  }
}

const fates = ['slow', 'lost', 'reset-late', 'nothing', 'refused', 'hang'] as const
type Fate = (typeof fates)[number] | 'ok'

export const keyOf = ({ principal, target }: Place): string => `${principal} ${JSON.stringify(target)}`
