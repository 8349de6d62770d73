import { everyEntitlement, perCatalog, type Condition, type Entitlement } from './catalog.ts'
import { usualAsking } from './policy.ts'

/*
 * A catalog of tens of thousands of entitlements has few rules. Whoever asks for one of those that are judged alike, as
 * people usually do, for themselves or for others, is answered the same for all of them at one instant.
 */

export interface JudgedAlike {
  /** One of each. */
  readonly firsts: readonly Entitlement[]
  readonly firstOf: ReadonlyMap<Entitlement, Entitlement>
}

export const judgedAlike = perCatalog((catalog): JudgedAlike => {
  const firsts = new Map<string, Entitlement>()
  const firstOf = new Map<Entitlement, Entitlement>()
  for (const entitlement of everyEntitlement(catalog)) {
    const key = readBy(entitlement)
    const first = firsts.get(key) ?? entitlement
    firsts.set(key, first)
    firstOf.set(entitlement, first)
  }
  return { firsts: [...firsts.values()], firstOf }
})

/** All that `mayHoldAnywhere` and `mayAskForOthers` read of it. */
function readBy(entitlement: Entitlement): string {
  const { mode, external, who, onBehalf, duration, resource, id } = entitlement
  const { durationMs, reason } = usualAsking(entitlement)
  return JSON.stringify([
    [mode, external, who.source, onBehalf?.source ?? null, durationMs, duration.maxMs, reason],
    doesMention('resource', who, onBehalf) ? resource.id : null,
    doesMention('entitlement', who, onBehalf) ? [resource.id, id] : null,
  ])
}

const doesMention = (variable: string, ...conditions: (Condition | null)[]): boolean =>
  conditions.some((condition) => condition?.mentions.includes(variable))
