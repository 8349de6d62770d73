import { isApproved, type Approved } from '../../src/domain/grant.ts'
import { agreedOf, type Agreed } from './agreed.ts'
import type { Span } from './diary.ts'
import type { Evidence } from './evidence.ts'
import { keyOf } from './keys.ts'
import { mostHungryMs } from './promises.ts'
import { blindness, stretchesOf, type Stretch, type System } from './seen.ts'
import { crossed, lengthWithin, merged } from './spans.ts'

/** A grant, and what was agreed to for it. */
export interface Judged {
  readonly grant: Approved
  readonly agreed: Agreed
  /** When it may be held; null: never. */
  readonly span: Span | null
}

/** The evidence, put side by side. */
export interface Case extends Evidence {
  readonly stretches: readonly Stretch[]
  readonly judged: readonly Judged[]
  /** By `system who what`. */
  readonly byKey: ReadonlyMap<string, readonly Judged[]>
  /** How much of that time nobody could do anything about a system; ms. */
  excusedMs(system: System, span: Span): number
  readonly blind: readonly (Span & { readonly system: System })[]
}

export function caseOf(evidence: Evidence): Case {
  const judged = evidence.grants.filter(isApproved).map((grant): Judged => {
    const agreed = agreedOf(grant, evidence)
    const taken = 'takeAt' in grant ? grant.takeAt.getTime() : Infinity
    const to = Math.min(agreed.span?.to ?? 0, grant.endsAt.getTime(), taken)
    const span = agreed.span !== null && grant.pattern === null ? { from: agreed.span.from, to } : null
    return { grant, agreed, span }
  })
  const byKey = new Map<string, Judged[]>()
  for (const one of judged) {
    // A series gives nothing itself.
    if (one.grant.pattern !== null) continue
    const key = keyOf(one.grant)
    byKey.set(key, [...(byKey.get(key) ?? []), one])
  }
  return {
    ...evidence,
    stretches: stretchesOf(evidence.seen),
    judged,
    byKey,
    excusedMs: excuses(evidence),
    blind: blindness(evidence.seen),
  }
}

export const spansOf = (judged: readonly Judged[]): Span[] => judged.flatMap(({ span }) => span ?? [])

/**
 * It, all replicas, or the database was down, or nobody could look; and for as long as the kernel says that every replica
 * waited for a CPU: for `mostHungryMs` at most, unless they waited for more than half of that time, and so were hardly there.
 */
function excuses({ troubles, replicas, seen }: Evidence): Case['excusedMs'] {
  const of = (where: string) => troubles.filter((trouble) => trouble.where === where)
  const [first = [], ...others] = replicas.map((name) => merged(of(name)))
  const allDown = others.reduce<readonly Span[]>((common, spans) => crossed(common, spans), first)
  const blind = blindness(seen)
  const hungry = of('replicas')
  return (system, span) => {
    const blindThere = blind.filter((one) => one.system === system)
    const down = [...of(system), ...of('database'), ...of('machine'), ...allDown, ...blindThere]
    const downMs = lengthWithin(down, span)
    const most = 2 * lengthWithin(hungry, span) > span.to - span.from ? Infinity : mostHungryMs
    return downMs + Math.min(most, lengthWithin([...down, ...hungry], span) - downMs)
  }
}
