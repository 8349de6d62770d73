import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import type { Connection } from 'mongoose'
import { linked, noLink, type ChainKey, type Recordable } from '../../src/domain/audit/chain.ts'
import { recordableOf } from '../../src/domain/audit/recorded.ts'
import type { Happened } from '../../src/domain/happened.ts'
import { ada, anActiveGrant, aPerson } from '../../test/support/builders.ts'
import { seeded } from '../../test/support/seeded.ts'

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000]
export const startMs = Date.UTC(2024, 0, 1)
export const spanMs = 3 * 365 * DAY_MS
const entitlements = 200
const people = 3_000
const entriesEach = 4
const grantsPerInsert = 5_000
const base = anActiveGrant()
/** What the disk must have left beside it. */
const spareBytes = 12e9
const bytesAnEntry = 900

/** Some are asked for far more often than others: the first by every tenth. */
export const entitlementOf = (random: () => number): string =>
  `e${random() < 0.1 ? 0 : Math.floor(random() ** 2 * entitlements)}`

/** Nine of ten for some hours; some for days, some for months; a few held still. */
function lengthMs(random: () => number): number | null {
  const which = random()
  if (which < 0.9) return (0.25 + 8 * random()) * HOUR_MS
  if (which < 0.99) return (1 + 13 * random()) * DAY_MS
  return which < 0.9998 ? (14 + 76 * random()) * DAY_MS : null
}

const key = (n: number): string => `01J${n.toString(36).padStart(9, '0')}`

/** What is to be taken, by the hour in which it is. */
class Ahead {
  readonly #hours = new Map<number, Recordable[]>()
  #next = Math.floor(startMs / HOUR_MS)

  add(one: Recordable): void {
    const hour = Math.floor(one.at.getTime() / HOUR_MS)
    const those = this.#hours.get(hour)
    if (those === undefined) this.#hours.set(hour, [one])
    else those.push(one)
  }

  /** All of the hours that are over by then. */
  *upTo(ms: number): Generator<Recordable> {
    for (; (this.#next + 1) * HOUR_MS <= ms; this.#next++) {
      yield* this.#hours.get(this.#next) ?? []
      this.#hours.delete(this.#next)
    }
  }
}

/**
 * A record of nearly so many entries over three years, and its holdings, as the recorder leaves them: four entries a grant
 * (asked, approved, given; taken hours or months later, among those of others), in the order of their hours. Throws where
 * the disk has no room for it.
 */
export async function longRecord(connection: Connection, chainKey: ChainKey, entries: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir())
  if (bavail * bsize < spareBytes + entries * bytesAnEntry)
    throw new Error(`the disk has no room for a record of ${entries} entries`)
  const grants = Math.floor(entries / entriesEach)
  const random = seeded(7)
  const ahead = new Ahead()
  const [links, holdings] = [connection.collection('chain'), connection.collection('holdings')]
  const unsafe = { ordered: false, writeConcern: { w: 1, j: false } } as const
  let end = noLink
  for (let from = 0; from < grants; from += grantsPerInsert) {
    const texts: Recordable[] = []
    const held: object[] = []
    for (let n = from; n < Math.min(grants, from + grantsPerInsert); n++) {
      const givenMs = startMs + (n / grants) * spanMs
      texts.push(...ahead.upTo(givenMs))
      const life = aLife(n, givenMs, random)
      texts.push(...life.entries)
      if (life.taken !== null) ahead.add(life.taken)
      held.push(life.holding)
    }
    if (from + grantsPerInsert >= grants) texts.push(...ahead.upTo(startMs + spanMs + HOUR_MS))
    const next = linked(end, texts, chainKey)
    end = next.at(-1) ?? end
    await Promise.all([
      links.insertMany(next.map(({ number: _id, ...link }) => ({ _id, ...link })) as never, unsafe),
      holdings.insertMany(held as never, unsafe),
    ])
  }
}

function aLife(n: number, givenMs: number, random: () => number) {
  const person = aPerson(`Person ${Math.floor(random() * people)}`)
  const name = entitlementOf(random)
  const untilMs = givenMs + (lengthMs(random) ?? Infinity)
  const until = untilMs < startMs + spanMs ? new Date(untilMs) : null
  const grant = {
    ...base,
    id: key(n),
    requestId: key(n),
    entitlement: { id: name, name },
    subject: person,
    requester: person,
    principal: 'riley',
  }
  const at = (beforeMs: number) => new Date(givenMs - beforeMs)
  const history: Happened[] = [
    { type: 'asked', at: at(60_000), by: person },
    { type: 'approved', at: at(2_000), by: ada, note: null, stage: 0, durationMs: null },
    { type: 'given', at: at(0), heldBefore: false },
  ]
  const { resource, entitlement, system, principal, subject } = grant
  return {
    entries: history.map((entry, index) => recordableOf(grant, index, entry)),
    taken: until === null ? null : recordableOf(grant, 3, { type: 'taken', at: until, left: 'gone' }),
    holding: { _id: grant.id, resource, entitlement, system, principal, subject, from: at(0), until },
  }
}
