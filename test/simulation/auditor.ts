import { isApproved, isOpen, type Approved, type Ended, type Grant } from '../../src/domain/grant.ts'
import { holdId, type Hold } from '../../src/domain/hold.ts'
import type { MemoryDatabase } from '../support/memory-stores.ts'
import type { Devices } from './devices.ts'
import { isGapless, isInOrder, type Kind } from './chaos.ts'
import { keyOf, type Eyes, type ScriptedSystem } from './scripted-system.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What was seen that must never be. */
export interface Broken {
  /** Held on the system although nobody may: the last grant ended and it was not there before. */
  leaked: string[]
  /** Unfinished long after every fault is over. */
  stuck: string[]
  /** Gone from the system although it was there before. */
  stripped: string[]
  /** Given although nobody approved. */
  unapproved: string[]
  /** Said to be gone while it was held. */
  lied: string[]
  /** Where no process stops right before a send: held once more after everybody's end. */
  returned: string[]
  /** Where no process stops right before a send: a running grant was without its access. */
  interrupted: string[]
  /** Where nothing goes wrong: not held at once, taken early, ended late, called twice or after it was called off. */
  unpunctual: string[]
  /** By the process's own clock, which is anything. */
  misdated: string[]
}

export const promises = [
  'leaked',
  'stuck',
  'stripped',
  'unapproved',
  'lied',
  'returned',
  'interrupted',
  'unpunctual',
  'misdated',
] as const satisfies readonly (keyof Broken)[]

const lookEachMs = 100
/** What was read so lately is not read again before the send that follows it. */
const calledOffMs = 200
/** A look each second by each of two replicas, and a write. */
const noticedMs = 2_300

/** Knows all: the database, the system, and what was there before. Looks each 100 ms, and at each call and effect. */
export class Auditor implements Eyes {
  readonly broken: Broken = {
    leaked: [],
    stuck: [],
    stripped: [],
    unapproved: [],
    lied: [],
    returned: [],
    interrupted: [],
    unpunctual: [],
    misdated: [],
  }
  interruptedMs = 0
  readonly #time: VirtualTime
  readonly #db: MemoryDatabase
  readonly #kind: Kind
  readonly #heldBefore: ReadonlySet<string>
  readonly #keys = new WeakMap<Approved['place'], string>()
  readonly #sent = new Set<string>()
  /** Grants for which something was given, or may have been. */
  readonly #wasSent = new Set<string>()
  readonly #seenEnded = new Set<string>()
  /** Grants that are due while nobody has their hold: since when. */
  readonly #leftAlone = new Map<string, { sinceMs: number; at: string }>()

  constructor(options: {
    time: VirtualTime
    db: MemoryDatabase
    kind: Kind
    heldBefore: ReadonlySet<string>
  }) {
    this.#time = options.time
    this.#db = options.db
    this.#kind = options.kind
    this.#heldBefore = options.heldBefore
  }

  watch(system: ScriptedSystem, devices: Pick<Devices, 'lateNow'> | null): void {
    const look = (): void => {
      if (this.#kind === 'calm') for (const late of devices?.lateNow() ?? []) this.#note('unpunctual', late)
      for (const grant of this.#db.grants.values()) {
        if (isApproved(grant) && !this.#seenEnded.has(grant.id)) this.#lookAt(grant, system)
      }
      this.#time.look(this.#time.nowMs + lookEachMs, look)
    }
    this.#time.look(0, look)
  }

  onSend(verb: 'give' | 'take', key: string): void {
    if (!isGapless(this.#kind)) return
    const hold = [...this.#db.holds.values()].find((one) => keyOf(one) === key)
    const what = `${key} ${hold?.intent.of ?? ''}`
    const [, grantId] = /^give:(\S+) until/.exec(hold?.intent.of ?? '') ?? []
    if (verb === 'give' && grantId !== undefined) this.#wasSent.add(grantId)
    if (this.#kind !== 'calm') return
    if (this.#sent.has(what)) this.#note('unpunctual', `sent once more: ${what}`)
    this.#sent.add(what)
    if (verb === 'give' && this.#grantsOn(key).every((grant) => this.#wasCalledOff(grant)))
      this.#note('unpunctual', `given after it was called off: ${what}`)
  }

  onAppear(key: string): void {
    const grants = this.#grantsOn(key)
    const now = this.#time.nowMs
    // Nothing is anybody's leave before it starts.
    if (!grants.some(({ startsAt }) => (startsAt?.getTime() ?? 0) <= now)) this.#note('unapproved', key)
    else if (isGapless(this.#kind) && !grants.some(isOpen)) this.#note('returned', key)
  }

  /** When everything is quiet. */
  close(system: ScriptedSystem, keys: readonly string[]): void {
    for (const grant of this.#db.grants.values()) {
      if (isOpen(grant))
        this.#note('stuck', `${grant.id} is ${grant.status}, due ${grant.dueAt?.getTime() ?? 'never'}`)
    }
    for (const hold of this.#db.holds.values()) {
      if (hold.watch !== null || Object.keys(hold.claims).length > 0) this.#note('stuck', holdId(hold))
      const isForgotten = system.leftovers.has(keyOf(hold)) && !system.isHeld(keyOf(hold))
      if (!isTriedSeldom(hold) && (isForgotten || hold.leftover !== null))
        this.#note('stuck', `left over: ${holdId(hold)}`)
    }
    for (const key of keys) {
      if (this.#heldBefore.has(key) && !system.isHeld(key)) this.#note('stripped', key)
      if (!this.#heldBefore.has(key) && system.isHeld(key)) this.#note('leaked', key)
    }
    if (isInOrder(this.#kind) && this.interruptedMs > 0)
      this.#note('interrupted', `for ${this.interruptedMs} ms`)
    if (this.#kind !== 'calm') return
    const { hasLagMs, timeoutMs } = system.habits
    // An overlapping grant's end may be in preparation elsewhere, and its lease must run out or be released first.
    const mostMs = 8_000 + timeoutMs + 2 * hasLagMs
    for (const grant of this.#db.grants.values()) {
      if (grant.status !== 'ended' || grant.left !== 'gone' || grant.pattern !== null) continue
      const lateMs = grant.endedAt.getTime() - this.#notNeededSince(grant)
      if (lateMs > mostMs) this.#note('unpunctual', `${grant.id} ended ${lateMs} ms late`)
    }
  }

  #lookAt(grant: Approved, system: ScriptedSystem): void {
    const key = this.#keyOf(grant.place)
    const sinceMs = system.heldSince(key)
    const now = this.#time.nowMs
    if (grant.status === 'active' && grant.endsAt.getTime() > now && sinceMs === null)
      this.interruptedMs += lookEachMs
    if (this.#kind === 'calm') this.#lookWhoIsLeftAlone(grant)
    if (grant.status !== 'ended') return
    this.#seenEnded.add(grant.id)
    if (grant.left === 'never-given' && this.#wasSent.has(grant.id))
      this.#note('lied', `${grant.id} was never given, and a give was sent`)
    if (sinceMs === null) return
    // Read back as gone, it was away for a moment at least, whoever got it after that.
    if (grant.left === 'gone' && grant.pattern === null && sinceMs <= grant.takeAt.getTime())
      this.#note('lied', `${grant.id} is gone, and was never away`)
    const isNeeded = this.#grantsOn(key).some((other) => other.id !== grant.id && isOpen(other))
    const isGhost =
      !isGapless(this.#kind) && [...this.#db.holds.values()].some((hold) => hold.watch?.gave === true)
    const saysGone = grant.left === 'gone' || grant.left === 'never-given'
    if (saysGone && !isNeeded && !this.#heldBefore.has(key) && !isGhost)
      this.#note('lied', `${grant.id} is ${grant.left}, and it is held`)
  }

  /** Whoever waits for a hold finds soon that it was released. */
  #lookWhoIsLeftAlone(grant: Approved): void {
    if (dueSince(grant) > this.#time.nowMs) {
      this.#leftAlone.delete(grant.id)
      return
    }
    const { system, place } = grant
    const hold = this.#db.holds.get(
      holdId({ system, principal: place.principal, canonical: place.canonical }),
    )
    const isLeftAlone = hold === undefined || hold.leaseUntil <= this.#db.now()
    if (!isLeftAlone) {
      this.#leftAlone.delete(grant.id)
      return
    }
    // Whoever had it between two looks has raised its token, or moved the grant on.
    const at = `${hold?.token ?? 0} ${grant.status}`
    const before = this.#leftAlone.get(grant.id)
    const sinceMs = before?.at === at ? before.sinceMs : this.#time.nowMs
    this.#leftAlone.set(grant.id, { sinceMs, at })
    if (this.#time.nowMs - sinceMs === Math.ceil(noticedMs / lookEachMs) * lookEachMs)
      this.#note('unpunctual', `${grant.id} waits for a hold that nobody has`)
  }

  /** Asked for each grant at each look: remembered. */
  #keyOf(place: Approved['place']): string {
    const key = this.#keys.get(place) ?? keyOf(place)
    this.#keys.set(place, key)
    return key
  }

  /** A series itself is nobody's leave, only its windows are. */
  #grantsOn(key: string): Approved[] {
    return [...this.#db.grants.values()].flatMap((grant) =>
      isApproved(grant) && grant.pattern === null && this.#keyOf(grant.place) === key ? grant : [],
    )
  }

  #wasCalledOff(grant: Approved): boolean {
    const sinceMs = this.#time.nowMs - calledOffMs
    if (grant.status === 'granting' || grant.status === 'active') return grant.endsAt.getTime() < sinceMs
    return !('takeAt' in grant) || grant.takeAt.getTime() < sinceMs
  }

  /** Its end, or the end of the last of those that kept it meanwhile: busy with them, it may wait for its turn. */
  #notNeededSince(grant: Ended): number {
    const others = [...this.#db.grants.values()].flatMap((other) =>
      other.status === 'ended' &&
      other.activeAt !== null &&
      this.#keyOf(other.place) === this.#keyOf(grant.place) &&
      other.activeAt <= grant.endedAt &&
      other.takeAt <= grant.endedAt
        ? other.takeAt.getTime()
        : [],
    )
    return Math.max(grant.takeAt.getTime(), ...others)
  }

  #note(promise: keyof Broken, what: string): void {
    this.broken[promise].push(`${what} at ${Math.round(this.#time.nowMs)}`)
  }
}

function dueSince(grant: Grant): number {
  if (grant.status === 'granting') return grant.giveAt.getTime()
  if (grant.status === 'revoking') return grant.takeAt.getTime()
  return grant.status === 'active' ? grant.endsAt.getTime() : Infinity
}

/** What is left over and could not be removed so often may wait for longer than a run lasts. */
export const isTriedSeldom = ({ leftover }: Hold): boolean => (leftover?.tries ?? 0) > 4
