import { isApproved, type Approved } from '../../src/domain/grant.ts'
import { agreedOf, type Agreed } from './agreed.ts'
import type { Span } from './diary.ts'
import type { Evidence } from './evidence.ts'
import { keyOf } from './keys.ts'
import { blindness, stretchesOf, type Stretch, type System } from './seen.ts'
import { crossed, merged } from './spans.ts'

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
  /** When nobody could do anything about a system: it, all replicas, or the database was down, or nobody could look. */
  down(system: System): readonly Span[]
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
    down: downtimes(evidence),
    blind: blindness(evidence.seen),
  }
}

export const spansOf = (judged: readonly Judged[]): Span[] => judged.flatMap(({ span }) => span ?? [])

function downtimes({ troubles, replicas, seen }: Evidence): (system: System) => readonly Span[] {
  const of = (where: string) => troubles.filter((trouble) => trouble.where === where)
  const [first = [], ...others] = replicas.map((name) => merged(of(name)))
  const allDown = others.reduce<readonly Span[]>((common, spans) => crossed(common, spans), first)
  const blind = blindness(seen)
  return (system) =>
    merged([
      ...of(system),
      ...of('database'),
      ...of('machine'),
      ...of('replicas'),
      ...allDown,
      ...blind.filter((one) => one.system === system),
    ])
}
