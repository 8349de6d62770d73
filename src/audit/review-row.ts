import type { RecordedOfGrant } from '../domain/audit/recorded.ts'
import { cut } from '../domain/cut.ts'
import type { PersonRef } from '../domain/person.ts'
import type { Held } from './proven.ts'

/** What one person held of one entitlement in some time, as one who reviews it wants to see it. */
export interface ReviewRow {
  readonly resource: string
  readonly entitlement: string
  readonly person: PersonRef
  readonly systems: readonly string[]
  readonly principals: readonly string[]
  /** How they came to it: asked for, by a rule, in sessions, by breaking glass. */
  readonly ways: readonly Way[]
  readonly times: number
  /** Of that time alone, and once, however many grants it was held by at once. */
  readonly totalMs: number
  readonly longestMs: number
  readonly firstAt: Date
  /** It may be after that time. Null: held still. */
  readonly lastUntil: Date | null
  readonly approvedBy: readonly string[]
  readonly reasons: readonly string[]
  /** More than are told one by one. */
  readonly more: { readonly approvedBy: number; readonly reasons: number }
  readonly usage: Usage
  /** They had it before Curfew gave it, or kept it after Curfew took it: access that is no grant's. */
  readonly isStatic: boolean
  /** Of so many the record says something else, or was changed. */
  readonly unproven: number
  /** By which of the record's keys something of it is marked that are not there: of that nobody can tell. */
  readonly lacksKeys: readonly string[]
  /** Of so many nobody can tell: what was recorded then was removed, as it was too old. */
  readonly ofBefore: number
}

export type Way = 'asked for' | 'by a rule' | 'session' | 'glass broken' | 'cannot be told'

/**
 * Of use Curfew knows one thing: where giving makes a secret, it is made when its holder looks at it. What was never made
 * was never used; of all else, also of what was done with what was shown, nobody here knows.
 */
export type Usage = 'secret shown' | 'never used' | 'unknown'

const [mostNames, mostReasons, mostReasonLength] = [5, 3, 300]

/** Adds up what one person held; a few names and reasons are kept of however many. */
export class ReviewTally {
  readonly #of: Pick<ReviewRow, 'resource' | 'entitlement' | 'person'>
  readonly #systems = new Set<string>()
  readonly #principals = new Set<string>()
  readonly #ways = new Set<Way>()
  readonly #approvedBy = new Few(mostNames)
  readonly #reasons = new Few(mostReasons)
  /** Where it was held. Empty: it was held there before, or that cannot be read; then no secret is made. */
  readonly #places = new Set<string>()
  readonly #span: { readonly first: Date; readonly last: Date }
  #times = 0
  /** When it was held, in that time. */
  readonly #spans: SpanMs[] = []
  #firstAt: Date | null = null
  #lastUntil: Date | null = new Date(0)
  #isShown = false
  #isStatic = false
  #unproven = 0
  #ofBefore = 0
  readonly #lacksKeys = new Set<string>()

  constructor({ resource, entitlement, subject }: Held, span: { first: Date; last: Date }) {
    this.#of = { resource: resource.id, entitlement: entitlement.id, person: subject }
    this.#span = span
  }

  get name(): string {
    return this.#of.person.name
  }

  add(held: Held): void {
    const { from, until, principal, entries, origins, reason, approvedBy, isProven, isOfBefore } = held
    const { lacksKeys } = held
    this.#times++
    this.#spans.push(withinMs({ from, until }, this.#span))
    if (this.#spans.length % joinedAtOnce === 0)
      this.#spans.splice(0, this.#spans.length, ...joined(this.#spans))
    if (this.#firstAt === null || from < this.#firstAt) this.#firstAt = from
    if (until === null) this.#lastUntil = null
    else if (this.#lastUntil !== null && until > this.#lastUntil) this.#lastUntil = until
    this.#systems.add(held.system)
    if (principal !== null) this.#principals.add(principal)
    if (isOfBefore) this.#ofBefore++
    else if (!isProven && lacksKeys.length > 0) for (const id of lacksKeys) this.#lacksKeys.add(id)
    else if (!isProven) this.#unproven++
    for (const way of waysOf([...origins, ...entries], { isCut: isOfBefore })) this.#ways.add(way)
    for (const by of approvedBy) this.#approvedBy.add(by)
    if (reason !== '') this.#reasons.add(cut(reason, mostReasonLength))
    if (isShown(entries)) this.#isShown = true
    this.#places.add(wasHeldBefore(entries) ? '' : placeOf(entries))
    if (wasHeldBefore(entries) || isKept(entries)) this.#isStatic = true
  }

  /** `making`: places where giving makes a secret, as far as is known. */
  row(making: ReadonlySet<string>): ReviewRow {
    const isNever =
      this.#ofBefore === 0 && this.#places.size > 0 && [...this.#places].every((place) => making.has(place))
    const lengths = joined(this.#spans).map(({ fromMs, untilMs }) => untilMs - fromMs)
    return {
      ...this.#of,
      systems: [...this.#systems].slice(0, mostNames),
      principals: [...this.#principals].slice(0, mostNames),
      ways: [...this.#ways],
      times: this.#times,
      totalMs: lengths.reduce((sum, ms) => sum + ms, 0),
      longestMs: lengths.reduce((longest, ms) => Math.max(longest, ms), 0),
      firstAt: this.#firstAt ?? this.#span.first,
      lastUntil: this.#lastUntil,
      approvedBy: this.#approvedBy.kept,
      reasons: this.#reasons.kept,
      more: { approvedBy: this.#approvedBy.more, reasons: this.#reasons.more },
      usage: this.#isShown ? 'secret shown' : isNever ? 'never used' : 'unknown',
      isStatic: this.#isStatic,
      unproven: this.#unproven,
      lacksKeys: [...this.#lacksKeys],
      ofBefore: this.#ofBefore,
    }
  }
}

/** Some different ones of many, the first of them. What comes after is counted, a repeated one again. */
class Few {
  readonly #kept = new Set<string>()
  readonly #most: number
  more = 0

  constructor(most: number) {
    this.#most = most
  }

  add(one: string): void {
    if (this.#kept.has(one)) return
    if (this.#kept.size < this.#most) this.#kept.add(one)
    else this.more++
  }

  get kept(): string[] {
    return [...this.#kept]
  }
}

interface SpanMs {
  readonly fromMs: number
  readonly untilMs: number
}

const joinedAtOnce = 1_000

function withinMs({ from, until }: Pick<Held, 'from' | 'until'>, span: { first: Date; last: Date }): SpanMs {
  const fromMs = Math.max(from.getTime(), span.first.getTime())
  const untilMs = Math.min((until ?? span.last).getTime(), span.last.getTime())
  return { fromMs, untilMs: Math.max(fromMs, untilMs) }
}

/** Held by two grants at once is held once. */
function joined(spans: readonly SpanMs[]): SpanMs[] {
  const all: { fromMs: number; untilMs: number }[] = []
  for (const { fromMs, untilMs } of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    const last = all.at(-1)
    if (last !== undefined && fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, untilMs)
    else all.push({ fromMs, untilMs })
  }
  return all
}

/** Where something is given, and what: there giving makes a secret, or never does. Empty: nobody knows. */
export function placeOf(entries: readonly RecordedOfGrant[]): string {
  const [entry] = entries
  return entry === undefined ? '' : JSON.stringify([entry.system, entry.canonical])
}

export const isShown = (entries: readonly RecordedOfGrant[]): boolean =>
  entries.some(({ happened }) => happened.type === 'shown')

const wasHeldBefore = (entries: readonly RecordedOfGrant[]): boolean =>
  entries.some(({ happened }) => happened.type === 'given' && happened.heldBefore) &&
  !entries.some(({ happened }) => happened.type === 'ours')

const isKept = (entries: readonly RecordedOfGrant[]): boolean =>
  entries.some(({ happened }) => happened.type === 'taken' && happened.left === 'kept-before')

/** What goes on from something before came to them as that did. `isCut`: its beginning is not there any more. */
function waysOf(entries: readonly RecordedOfGrant[], { isCut }: { isCut: boolean }): Way[] {
  const types = new Set(entries.map(({ happened }) => happened.type))
  const ways: Way[] = [
    ...(types.has('matched-rule') ? (['by a rule'] as const) : []),
    ...(types.has('confirmed') ? (['session'] as const) : []),
    ...(types.has('broke-glass') ? (['glass broken'] as const) : []),
  ]
  if (ways.length > 0) return ways
  return [isCut && !types.has('asked') ? 'cannot be told' : 'asked for']
}
