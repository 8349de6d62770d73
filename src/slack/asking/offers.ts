import closeness from 'fastest-levenshtein'
import { everyEntitlement, type Catalog, type Entitlement } from '../../domain/catalog.ts'
import { parseDuration } from '../../domain/duration.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { mayAskForOthers, mayHoldAnywhere, usualAsking } from '../../domain/policy.ts'

/**
 * What this person may request now, for themselves or for others, each judged with its default duration and its example reason, whatever they work on. What a person may
 * not request is never named to them.
 */
export function offersTo(catalog: Catalog, facts: PersonFacts, now: Date): Entitlement[] {
  return everyEntitlement(catalog).filter(
    (entitlement) =>
      entitlement.mode !== 'standing' &&
      (isForThem(facts, entitlement, now) ||
        (entitlement.mode === 'approval' &&
          mayAskForOthers(facts, entitlement, usualAsking(entitlement), now))),
  )
}

/** Is there anything of which nobody can say now whether they may request it? Then "nothing" would be a guess. */
export const isAnyUnknown = (catalog: Catalog, facts: PersonFacts, now: Date): boolean =>
  everyEntitlement(catalog).some(
    (entitlement) =>
      entitlement.mode !== 'standing' &&
      mayHoldAnywhere(facts, entitlement, usualAsking(entitlement), now).answer === 'unknown',
  )

/** What is said then. */
export function unknownOffers({ groups, isEmailRead, provisioned }: PersonFacts): string {
  if (provisioned?.isInQuestion)
    return 'An admin is to say first whether you are who the company directory says. Please ask them.'
  return groups === 'unknown' || !isEmailRead
    ? 'Slack does not say now what you can request. Please try again in a minute.'
    : 'It cannot be found out now what you can request. Please try again in a minute.'
}

/** May they have it themselves? */
export const isForThem = (facts: PersonFacts, entitlement: Entitlement, now: Date): boolean =>
  mayHoldAnywhere(facts, entitlement, usualAsking(entitlement), now).answer === 'yes'

export const offerKey = ({ resource, id }: Entitlement): string => `${resource.id}/${id}`

export interface TypedWish {
  readonly entitlement: Entitlement | null
  readonly durationMs: number | null
  readonly reason: string
  /** A word that looked like a name but matched nothing, and what was perhaps meant. */
  readonly unmatched: { readonly word: string; readonly meant: string } | null
}

/**
 * Reads `[resource entitlement] [duration] [reason…]`: exact ids first, then a prefix that means only one thing.
 * Words that match nothing stay in the reason.
 */
export function parseWish(text: string, offers: readonly Entitlement[]): TypedWish {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  const resourceIds = [...new Set(offers.map(({ resource }) => resource.id))]
  const resourceId = match(words[0], resourceIds)
  let entitlement: Entitlement | null = null
  let unmatched: TypedWish['unmatched'] = null
  if (resourceId !== null) {
    const own = offers.filter(({ resource }) => resource.id === resourceId)
    const id = match(
      words[1],
      own.map((one) => one.id),
    )
    entitlement = own.find((one) => one.id === id) ?? (own.length === 1 ? (own[0] ?? null) : null)
    words.splice(0, id === null ? 1 : 2)
  } else if (words[0] !== undefined) {
    unmatched = guess(words[0], resourceIds)
  }
  const { durationMs, used } = leadingDuration(words)
  return { entitlement, durationMs, reason: words.slice(used).join(' '), unmatched }
}

function match(word: string | undefined, ids: readonly string[]): string | null {
  if (word === undefined) return null
  const lower = word.toLowerCase()
  if (ids.includes(lower)) return lower
  const starting = ids.filter((id) => id.startsWith(lower))
  return starting.length === 1 ? (starting[0] ?? null) : null
}

/** Close enough to be a slip of the keys: at most two of them, and not most of the word. */
function guess(word: string, ids: readonly string[]): TypedWish['unmatched'] {
  if (ids.length === 0) return null
  const meant = closeness.closest(word.toLowerCase(), [...ids])
  const slips = closeness.distance(word.toLowerCase(), meant)
  return slips <= 2 && slips < word.length / 2 ? { word, meant } : null
}

function leadingDuration(words: readonly string[]): { durationMs: number | null; used: number } {
  for (const used of [4, 3, 2, 1]) {
    const durationMs = words.length >= used ? parseDuration(words.slice(0, used).join(' ')) : null
    if (durationMs !== null) return { durationMs, used }
  }
  return { durationMs: null, used: 0 }
}
