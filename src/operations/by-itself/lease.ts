import { createHash } from 'node:crypto'
import { holdId, lastEnd, nextIntent, systemExpiry, type Hold, type HoldKey } from '../../domain/hold.ts'
import { holdAfter } from '../../domain/hold-after.ts'
import { ConnectorError, type HandOver, type Shown } from '../../domain/connector.ts'
import { isSamePlace, unknownPlace } from '../../domain/place.ts'
import type { HoldWrite } from '../../domain/ports/holds.ts'
import type { OpenSystem } from '../../domain/ports/systems.ts'
import type { World } from '../world.ts'

/** Between the longest call and the end of the lease. */
export const leaseMarginMs = 500

/** How long a hold is looked at again after a call whose effect may still turn up. */
const watchMs = 20_000

/** The token is gone: somebody else has the hold now, and nothing more may be written or called under it. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export type Outcome =
  { what: 'done' } | { what: 'failed'; error: ConnectorError } | { what: 'unknown'; error: Error }

/**
 * A lease on one hold, timed by the database's clock. Rules 1 to 4, 11 and 12 of the hold protocol live here:
 * every write carries the token; a call is sent only while its longest time still fits; what was about to be
 * called is written first; an unknown outcome leaves the lease to run out.
 */
export class Lease {
  readonly #world: World
  readonly #key: HoldKey
  readonly system: OpenSystem
  #hold: Hold
  #goodUntilMs: number
  #sent: 'give' | 'take' | null = null
  /** Made with the announcement: at the instant itself only the call is left. */
  #idempotencyKey = ''

  private constructor(world: World, key: HoldKey, system: OpenSystem, hold: Hold, goodUntilMs: number) {
    this.#world = world
    this.#key = key
    this.system = system
    this.#hold = hold
    this.#goodUntilMs = goodUntilMs
  }

  /** Rule 1. Whoever finds a call that nobody recorded has the hold watched (rule 11). */
  static async take(
    world: World,
    key: HoldKey & { target: Hold['target'] },
    system: OpenSystem,
  ): Promise<Lease | { busyUntil: Date }> {
    const forMs = system.timeoutMs + leaseMarginMs
    const before = world.clock.monotonicMs()
    const leased = await world.holds.lease(key, forMs)
    if (!leased.taken) return { busyUntil: leased.until }
    const lease = new Lease(world, key, system, leased.hold, before + forMs)
    const { call } = leased.hold
    if (call !== null) await lease.write({ call: null, ...lease.watching(call === 'give') })
    return lease
  }

  /** Rules 1, 2 and 4 in one write, where only this grant claims and nothing stands against its take; else null. */
  static async toTake(
    world: World,
    key: HoldKey,
    { system, grantId }: { system: OpenSystem; grantId: string },
  ): Promise<Lease | null> {
    const forMs = system.timeoutMs + leaseMarginMs
    const before = world.clock.monotonicMs()
    const { where } = system.connector
    const hold = await world.holds.leaseToTake(key, forMs, { grantId, where })
    if (hold === null) return null
    const lease = new Lease(world, key, system, hold, before + forMs)
    lease.#idempotencyKey = lease.#keyOfCall('take')
    return lease
  }

  get hold(): Hold {
    return this.#hold
  }

  /** Writes under the token, or throws `LeaseLost` after having the hold watched if a call was sent under it. */
  async write(change: HoldWrite): Promise<void> {
    const before = this.#world.clock.monotonicMs()
    await this.#becomes(this.#written(change))
    if (change.keepMs !== undefined) this.#goodUntilMs = before + change.keepMs
  }

  /** Reads the hold anew, under the token: another process may have it watched since, which says that nothing was held before. */
  async reread(): Promise<void> {
    await this.#becomes(this.#world.holds.write(this.#key, this.#token, {}))
  }

  async #becomes(written: Promise<Hold | null>): Promise<void> {
    const hold = await written.catch(async (error: unknown) => {
      await this.#watchWhatWasSent().catch(() => undefined)
      throw error
    })
    if (hold === null) {
      await this.#watchWhatWasSent()
      throw new LeaseLost()
    }
    this.#hold = hold
  }

  /** The hold as it is then: read back only where others may have changed it, or the database timed it. */
  async #written(change: HoldWrite): Promise<Hold | null> {
    const { holds } = this.#world
    const after = holdAfter(this.#hold, change)
    if (after === null) return holds.write(this.#key, this.#token, change)
    return (await holds.apply(this.#key, this.#token, change)) ? after : null
  }

  /** Rules 2 and 4: one write that renews the lease to `keepMs` and says what is about to be called. */
  async announce(
    verb: 'give' | 'take',
    of: string,
    change: HoldWrite = {},
    keepMs = this.callMs,
  ): Promise<void> {
    const intent = nextIntent(this.#hold.intent, `${verb}:${of}`)
    await this.write({ ...change, call: verb, intent, keepMs })
    this.#idempotencyKey = this.#keyOfCall(verb)
  }

  #keyOfCall(verb: 'give' | 'take'): string {
    return `${keyOf(this.#key)}:${verb}:${this.#hold.intent.number}`
  }

  /** Gives what was announced, with the latest end of all claims as the system's own expiry. */
  async give(): Promise<Outcome> {
    const { principal, target, claims } = this.#hold
    const until = systemExpiry(claims)
    return this.#send('give', (call) => this.system.connector.give({ principal, target, until, ...call }))
  }

  /** Rule 14. Makes a secret for whoever holds what was announced as given once more; only a known outcome has one. */
  async handOver(
    handOver: HandOver,
    { brought, accessId }: { brought: string | null; accessId: string },
  ): Promise<{ outcome: Outcome; shown: readonly Shown[] }> {
    const { principal, target, claims } = this.#hold
    const until = lastEnd(claims)
    let shown: readonly Shown[] = []
    const outcome = await this.#send('give', async (call) => {
      shown = await handOver.make({ principal, target, until, brought, accessId, ...call })
    })
    return { outcome, shown: outcome.what === 'done' ? shown : [] }
  }

  /** Takes, and then ends what is still open by it, where the system leaves that running. */
  async takeBack(): Promise<Outcome> {
    const { principal, target } = this.#hold
    const { connector } = this.system
    const taken = await this.#send('take', (call) => connector.take({ principal, target, ...call }))
    if (taken.what !== 'done' || !connector.cut) return taken
    // Though the take is known to be done: a cut that comes late would end what somebody is given meanwhile.
    return this.#send('take', (call) => connector.cut?.({ principal, target, ...call }))
  }

  /** What a take that is done leaves to be removed, where the system leaves anything. */
  get leftBehind(): HoldWrite {
    const isAny = this.system.connector.tidy !== undefined
    return isAny ? { leftover: { tries: 0, error: null, dueInMs: 0 } } : {}
  }

  /** Rule 15. Removes what is left over; throws as the connector does. However late it happens, it harms nothing. */
  async tidy(): Promise<void> {
    const { principal, target, token } = this.#hold
    const idempotencyKey = `${keyOf(this.#key)}:tidy:${token}`
    const { connector } = this.system
    const tidied = await this.#world.clock.within(this.system.timeoutMs, async (signal) =>
      connector.tidy?.({ principal, target, idempotencyKey, signal }),
    )
    if (!tidied.done) throw new ConnectorError('timeout', { retryable: true })
  }

  /** An instant of the database's that is over, for `mayAppearSince`: of now where something is watched that may be over. */
  async readAtNow(): Promise<Date> {
    if (this.system.connector.lateMs > 0 && this.#hold.watch !== null) await this.reread()
    return this.#hold.readAt
  }

  /**
   * Until when a give that nobody heard the end of may still have happened since then, by what the connector says; null: none
   * may. The hold is read anew for it: another process may watch for a give of its own.
   */
  async mayAppearSince(at: Date): Promise<Date | null> {
    if (this.system.connector.lateMs === 0) return null
    await this.reread()
    const { watch } = this.#hold
    return watch !== null && watch.gave && watch.until > at ? watch.until : null
  }

  /** Asks the system; throws as the connector does. Its answer counts only with a later write under the same token. */
  async has(): Promise<boolean> {
    const { principal, target } = this.#hold
    const asked = await this.#world.clock.within(this.system.timeoutMs, (signal) =>
      this.system.connector.has({ principal, target, signal }),
    )
    if (!asked.done) throw new ConnectorError('timeout', { retryable: true })
    return asked.value
  }

  /**
   * Rule 3: after an unknown outcome the lease runs out by itself, and the announced call stays written, so that
   * the next one to come has the hold watched.
   * Rule 12: after a known one it is kept for as long as the system's reads may lag.
   */
  async finish(outcome: Outcome, change: HoldWrite = {}): Promise<void> {
    if (outcome.what === 'unknown') {
      // Also when there is nothing to change: a process that was paused learns here that it lost the lease.
      await this.write(change)
      return
    }
    await this.write({ ...change, ...this.known, keepMs: this.system.connector.hasLagMs })
  }

  /** What a write adds once the outcome of the announced call is known. */
  get known(): HoldWrite {
    return { call: null, intent: { ...this.#hold.intent, isKnown: true } }
  }

  /** Watch this hold for what a call of ours may still do. */
  watching(gave: boolean): HoldWrite {
    return { watch: this.#watch(gave), dueInMs: 1_000 }
  }

  /** What is known of before counts while the system cannot be connected. */
  get where(): string {
    const { where } = this.system.connector
    return where === unknownPlace ? (this.#hold.where ?? where) : where
  }

  /** What is claimed was given on another system than the catalog's name for it leads to now. */
  get isElsewhere(): boolean {
    return this.isMoved && Object.keys(this.#hold.claims).length > 0
  }

  /** The same of what was claimed before, if nothing is now. */
  get isMoved(): boolean {
    const { where } = this.#hold
    return where !== null && !isSamePlace(where, this.where)
  }

  /** Rule 12. Keeps the lease while the system's answers may still be of before the call, and a read-back longer. */
  async waitOutLag(): Promise<void> {
    const { hasLagMs } = this.system.connector
    if (hasLagMs === 0) return
    await this.write({ ...this.known, keepMs: hasLagMs + this.callMs })
    await this.#world.clock.sleep(hasLagMs)
  }

  async release(change: HoldWrite = {}): Promise<void> {
    await this.write({ ...change, keepMs: 0 })
  }

  /** Releases it with this, and says true; where it came by a give of ours after all, releases it without. */
  async releaseIfHeldBefore(change: HoldWrite): Promise<boolean> {
    const asked = { ...change, keepMs: 0, ifHeldBefore: true } as const
    const hold = await this.#world.holds.write(this.#key, this.#token, asked)
    if (hold === null) await this.release()
    else this.#hold = hold
    return hold !== null
  }

  /** After an error: released if nothing was sent under it, else left to run out. */
  async abandon(change: HoldWrite = {}): Promise<void> {
    await this.write(this.#sent === null ? { ...change, keepMs: 0 } : change)
  }

  /** The longest call, and the margin: what a renewal must cover. */
  get callMs(): number {
    return this.system.timeoutMs + leaseMarginMs
  }

  /** Sends what was announced, if its longest time still fits into the lease (renewed once if it does not). */
  async #send(
    verb: 'give' | 'take',
    call: (options: { idempotencyKey: string; signal: AbortSignal }) => Promise<void> | undefined,
  ): Promise<Outcome> {
    if (!this.#fits()) await this.write({ keepMs: this.callMs })
    if (!this.#fits()) {
      const error = new ConnectorError('not sent: this process was too slow', {
        retryable: true,
        happened: 'no',
      })
      return { what: 'failed', error }
    }
    this.#sent = verb
    const idempotencyKey = this.#idempotencyKey
    try {
      const sent = await this.#world.clock.within(this.system.timeoutMs, async (signal) =>
        call({ idempotencyKey, signal }),
      )
      if (sent.done) return { what: 'done' }
      return { what: 'unknown', error: new ConnectorError('timeout', { retryable: true }) }
    } catch (error) {
      if (error instanceof ConnectorError && error.happened === 'no') return { what: 'failed', error }
      return { what: 'unknown', error: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  async #watchWhatWasSent(): Promise<void> {
    if (this.#sent !== null) await this.#world.holds.watch(this.#key, this.#watch(this.#sent === 'give'))
  }

  #watch(gave: boolean): { gave: boolean; forMs: number } {
    const { hasLagMs, lateMs } = this.system.connector
    return { gave, forMs: Math.max(watchMs, lateMs) + hasLagMs }
  }

  #fits(): boolean {
    return this.#world.clock.monotonicMs() + this.system.timeoutMs <= this.#goodUntilMs
  }

  get #token(): number {
    return this.#hold.token
  }
}

const keyOf = (key: HoldKey): string =>
  createHash('sha256').update(holdId(key)).digest('base64url').slice(0, 22)
