import { fittingRules, quotaKey, usedUp } from '../domain/auto-approval.ts'
import type { AutoRule, Entitlement } from '../domain/catalog.ts'
import type { GrantPlace } from '../domain/grant.ts'
import type { PersonFacts } from '../domain/person.ts'
import { attributesOf, placeFor, type Asking } from '../domain/policy.ts'
import type { World } from './world.ts'

/** What a rule is asked about: a wish that is still a form, or a request. */
export interface ForRules {
  /** Who will hold it. */
  readonly subject: PersonFacts
  readonly entitlement: Entitlement
  readonly asking: Asking
  readonly isSeries: boolean
  /** Somebody else asks for it. */
  readonly isForAnother: boolean
}

/** The rules that approve it where their quota allows, in their order, and where it would be given. */
export interface FittingRules {
  readonly fits: readonly { readonly rule: AutoRule; readonly place: GrantPlace; readonly quotaKey: string }[]
  /** Why others that might have fitted do not. */
  readonly reasons: readonly string[]
}

/**
 * Which rules would approve this by themselves, by the catalog of now; the form foretells by it and the request is
 * decided by it; none while replicas go by different catalogs. A series of windows is always people's to decide, and so is what is asked for another (a rule speaks of
 * whoever asks).
 */
export function rulesFor(
  { catalog, clock, agrees }: Pick<World, 'catalog' | 'clock' | 'agrees'>,
  { subject, entitlement, asking, isSeries, isForAnother }: ForRules,
): FittingRules {
  if (isSeries || isForAnother || entitlement.auto.length === 0) return { fits: [], reasons: [] }
  if (!agrees()) return { fits: [], reasons: ['the rules are just being changed'] }
  const now = clock.now()
  const { fits, reasons } = fittingRules(entitlement, attributesOf(subject, entitlement, asking, now))
  const place = placeFor(catalog(), subject, entitlement, asking, now)
  if ('unresolved' in place) return { fits: [], reasons }
  const key = (rule: AutoRule) => quotaKey(entitlement, rule, subject.person.id)
  return { fits: fits.map((rule) => ({ rule, place, quotaKey: key(rule) })), reasons }
}

export interface Forecast {
  /** The rule that would approve it; null: people decide. */
  readonly rule: AutoRule | null
  /** How often it still may; null: as often as it likes. */
  readonly left: number | null
  readonly reasons: readonly string[]
}

/** Would this need a review, if it were asked now? Writes nothing. */
export async function forecast(
  world: Pick<World, 'catalog' | 'clock' | 'quotas' | 'agrees'>,
  wish: ForRules,
): Promise<Forecast> {
  const { fits, reasons } = rulesFor(world, wish)
  const unused: string[] = []
  for (const { rule, quotaKey: key } of fits) {
    const left = rule.quota === null ? null : await world.quotas.left(key, rule.quota)
    if (left !== 0) return { rule, left, reasons: [] }
    unused.push(usedUp(rule))
  }
  return { rule: null, left: null, reasons: [...reasons, ...unused] }
}
