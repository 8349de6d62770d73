import closeness from 'fastest-levenshtein'
import { entitlementsIn, findEntitlement, type Catalog, type Entitlement } from '../../domain/catalog.ts'
import { parseDuration } from '../../domain/duration.ts'
import { judgedAlike } from '../../domain/judged-alike.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { mayAskForOthers, mayHoldAnywhere, usualAsking } from '../../domain/policy.ts'

/** Some of a catalog. What a person may not request is never named to them. */
export interface Offers {
  readonly catalog: Catalog
  readonly includes: (entitlement: Entitlement) => boolean
}

/**
 * What this person may request now, for themselves or for others, each judged with its default duration and its example
 * reason, whatever they work on. Judged as it is looked at, and once of those that are judged alike.
 */
export function offersTo(catalog: Catalog, facts: PersonFacts, now: Date): Offers {
  const { firstOf } = judgedAlike(catalog)
  const answers = new Map<Entitlement, boolean>()
  const includes = (entitlement: Entitlement): boolean => {
    const first = firstOf.get(entitlement)
    // Of another catalog.
    if (first === undefined) return false
    const answer = answers.get(first) ?? mayRequest(facts, first, now)
    answers.set(first, answer)
    return answer
  }
  return { catalog, includes }
}

export const mayRequest = (facts: PersonFacts, entitlement: Entitlement, now: Date): boolean =>
  entitlement.mode !== 'standing' &&
  (isForThem(facts, entitlement, now) ||
    (entitlement.mode === 'approval' && mayAskForOthers(facts, entitlement, usualAsking(entitlement), now)))

export const isNothing = ({ catalog, includes }: Offers): boolean =>
  !judgedAlike(catalog).firsts.some(includes)

/** Is there anything of which nobody can say now whether they may request it? Then "nothing" would be a guess. */
export const isAnyUnknown = (catalog: Catalog, facts: PersonFacts, now: Date): boolean =>
  judgedAlike(catalog).firsts.some(
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

export function withKey(catalog: Catalog, key: string): Entitlement | null {
  const [resource = '', id = ''] = key.split('/')
  return findEntitlement(catalog, resource, id)
}

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
export function parseWish(text: string, { catalog, includes }: Offers): TypedWish {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  const offeredOf = (resource: string): Entitlement[] => entitlementsIn(catalog, resource).filter(includes)
  const isOffered = (resource: string): boolean => offeredOf(resource).length > 0
  const resourceId = match(words[0], catalog.resources, isOffered)
  let entitlement: Entitlement | null = null
  let unmatched: TypedWish['unmatched'] = null
  if (resourceId !== null) {
    const own = offeredOf(resourceId)
    const id = match(words[1], new Map(own.map((one) => [one.id, one])))
    entitlement = own.find((one) => one.id === id) ?? (own.length === 1 ? (own[0] ?? null) : null)
    words.splice(0, id === null ? 1 : 2)
  } else if (words[0] !== undefined) {
    unmatched = guess(words[0], catalog.resources, isOffered)
  }
  const { durationMs, used } = leadingDuration(words)
  return { entitlement, durationMs, reason: words.slice(used).join(' '), unmatched }
}

/** Of the ids of these, as far as they may be named. */
function match(
  word: string | undefined,
  all: ReadonlyMap<string, unknown>,
  mayName: (id: string) => boolean = () => true,
): string | null {
  if (word === undefined) return null
  const lower = word.toLowerCase()
  if (all.has(lower) && mayName(lower)) return lower
  let found: string | null = null
  for (const id of all.keys()) {
    if (!id.startsWith(lower) || !mayName(id)) continue
    if (found !== null) return null
    found = id
  }
  return found
}

const mostSlips = 2

/** Close enough to be a slip of the keys: at most two of them, and not most of the word. */
function guess(
  word: string,
  all: ReadonlyMap<string, unknown>,
  mayName: (id: string) => boolean,
): TypedWish['unmatched'] {
  const typed = word.toLowerCase()
  const isNear = (id: string): boolean => Math.abs(id.length - typed.length) <= mostSlips
  const near = [...all.keys()].filter((id) => isNear(id) && mayName(id))
  if (near.length === 0) return null
  const meant = closeness.closest(typed, near)
  const slips = closeness.distance(typed, meant)
  return slips <= mostSlips && slips < word.length / 2 ? { word, meant } : null
}

function leadingDuration(words: readonly string[]): { durationMs: number | null; used: number } {
  for (const used of [4, 3, 2, 1]) {
    const durationMs = words.length >= used ? parseDuration(words.slice(0, used).join(' ')) : null
    if (durationMs !== null) return { durationMs, used }
  }
  return { durationMs: null, used: 0 }
}
