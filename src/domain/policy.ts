import { fittingRules } from './auto-approval.ts'
import {
  findEntitlement,
  type Answer,
  type Approvers,
  type Attributes,
  type Catalog,
  type Entitlement,
} from './catalog.ts'
import type { Grant, GrantPlace } from './grant.ts'
import type { Known, Person, PersonFacts } from './person.ts'
import { describeOnly } from './timing.ts'
import { fixedWindowAt, type FixedWindow } from './windows/fixed.ts'

/** An answer with every reason for it, in the catalog's own words. Only `yes` opens a door. */
export interface Verdict {
  readonly answer: Answer
  readonly reasons: readonly Reason[]
}

export type Reason =
  | { readonly kind: 'rule'; readonly source: string; readonly answer: Answer }
  | { readonly kind: 'gone' }
  | { readonly kind: 'no-break-glass' }
  | { readonly kind: 'not-here' }
  /** The rule that approved it does not any more. */
  | { readonly kind: 'not-by-itself'; readonly because: string }
  | { readonly kind: 'external' }
  | { readonly kind: 'no-principal'; readonly why: string }
  | { readonly kind: 'moved' }
  | { readonly kind: 'too-long'; readonly maxMs: number }
  | { readonly kind: 'outside'; readonly windows: string }
  | { readonly kind: 'not-listed'; readonly people: string }
  | { readonly kind: 'unreadable-group'; readonly group: string }
  /** Slack answered, and there is no such group (any more). */
  | { readonly kind: 'unlisted-group'; readonly group: string }

export interface Asking {
  readonly durationMs: number
  readonly reason: string
}

/** Members of the Slack groups that matter here, each known or not. One that Slack does not list is never an empty one. */
export type Groups = (handle: string) => Known<ReadonlySet<string>> | 'unlisted'

export function attributesOf(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
): Attributes {
  return {
    email: facts.email,
    slackUserId: facts.person.slack.userId,
    groups: facts.groups,
    ...(facts.listedGroups ? { listedGroups: facts.listedGroups } : {}),
    guest: facts.isGuest,
    zone: facts.zone,
    durationMs: asking.durationMs,
    reason: asking.reason,
    now,
    resource: entitlement.resource.id,
    entitlement: entitlement.id,
  }
}

/** May this person have this entitlement at all? Asked when they look, ask, are approved, and right before giving. */
export function mayHold(facts: PersonFacts, entitlement: Entitlement, asking: Asking, now: Date): Verdict {
  if (!facts.isHere) return no({ kind: 'not-here' })
  if (facts.isExternal && !entitlement.external) return no({ kind: 'external' })
  if (asking.durationMs > entitlement.duration.maxMs) {
    return no({ kind: 'too-long', maxMs: entitlement.duration.maxMs })
  }
  const { who } = entitlement
  const answer = who.evaluate(attributesOf(facts, entitlement, asking, now))
  return { answer, reasons: [{ kind: 'rule', source: who.source, answer }] }
}

/** May this person ask for somebody else? The other must be allowed it all the same. */
export function mayAskForOthers(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
): boolean {
  if (entitlement.onBehalf === null || !facts.isHere || facts.isExternal) return false
  return entitlement.onBehalf.evaluate(attributesOf(facts, entitlement, asking, now)) === 'yes'
}

/** What a rule is asked with where nobody asks. */
export const standingAsking = (entitlement: Entitlement): Asking => ({
  durationMs: entitlement.duration.defaultMs,
  reason: '',
})

/** Where giving would happen: who the subject is on the system, and what is given there. */
export function placeFor(
  catalog: Catalog,
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
): GrantPlace | { unresolved: string } {
  const system = catalog.systems.get(entitlement.system)
  if (!system) return { unresolved: `${entitlement.system} is not in the catalog` }
  const resolved = system.principal.resolve(attributesOf(facts, entitlement, asking, now))
  if ('unresolved' in resolved) return resolved
  return {
    principal: resolved.principal,
    target: { ...entitlement.target },
    canonical: entitlement.canonical,
  }
}

/** What giving needs to know of the entitlement as it is approved. */
export const termsFor = (
  { system, warnMs, alertMs, windows }: Entitlement,
  place: GrantPlace,
  { pattern }: Pick<Grant, 'pattern'>,
) => ({ place, system, warnMs: pattern !== null && !windows?.warns ? 0 : warnMs, alertMs })

/** Do the rules of this moment still allow what was approved, exactly as it was approved? */
export function stillAllows(
  catalog: Catalog,
  facts: PersonFacts,
  grant: Grant & { readonly place: GrantPlace; readonly durationMs: number; readonly endsAt: Date },
  now: Date,
): Verdict {
  const entitlement = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  if (!entitlement) return no({ kind: 'gone' })
  if (grant.isStanding !== (entitlement.mode === 'standing')) return no({ kind: 'gone' })
  const asking = grant.isStanding
    ? standingAsking(entitlement)
    : { durationMs: grant.durationMs, reason: grant.reason }
  const verdict = mayHold(facts, entitlement, asking, now)
  if (verdict.answer !== 'yes') return verdict
  if (grant.isBreakGlass && entitlement.breakGlass === null) return no({ kind: 'no-break-glass' })
  const { auto } = grant
  if (auto !== null) {
    const rules = { ...entitlement, auto: entitlement.auto.filter(({ because }) => because === auto.because) }
    const attributes = attributesOf(facts, entitlement, asking, now)
    const [rule] = rules.auto
    if (rule?.when.evaluate(attributes) === 'unknown')
      return { answer: 'unknown', reasons: [{ kind: 'rule', source: rule.when.source, answer: 'unknown' }] }
    if (fittingRules(rules, attributes).fits.length === 0)
      return no({ kind: 'not-by-itself', because: auto.because })
  }
  const only = entitlement.windows?.only ?? []
  if (grant.window === null && !grant.isBreakGlass && !grant.isStanding && !fitsIn(only, now, grant.endsAt))
    return no({ kind: 'outside', windows: describeOnly(only) })
  const place = placeFor(catalog, facts, entitlement, asking, now)
  if ('unresolved' in place) return no({ kind: 'no-principal', why: place.unresolved })
  const same =
    place.principal === grant.place.principal &&
    place.canonical === grant.place.canonical &&
    entitlement.system === grant.system
  return same ? verdict : no({ kind: 'moved' })
}

/** Inside one of the catalog's own windows, where it has any. A series is fitted into them as a whole. */
function fitsIn(only: readonly FixedWindow[], now: Date, endsAt: Date): boolean {
  if (only.length === 0) return true
  const open = fixedWindowAt(only, now)
  return open !== null && endsAt <= open.end
}

/** What lists of approvers are read with. `managerOf` is who manages the person it is for; null where nobody is known to. */
export interface Listing {
  readonly entitlement: Entitlement
  readonly asking: Asking
  readonly managerOf: string | null
  readonly groups: Groups
  readonly now: Date
}

/** May this person, as the directory has them now, answer here? Unknown when only what cannot be read could say so. */
export function isReviewer(facts: PersonFacts, lists: readonly Approvers[], listing: Listing): Verdict {
  if (!facts.isHere) return no({ kind: 'not-here' })
  const verdicts = lists.map((approvers) => isAmong(facts, approvers, listing))
  if (verdicts.some(({ answer }) => answer === 'yes')) return { answer: 'yes', reasons: [] }
  const unknown = verdicts.filter(({ answer }) => answer === 'unknown')
  if (unknown.length > 0) return { answer: 'unknown', reasons: unknown.flatMap(({ reasons }) => reasons) }
  return no({ kind: 'not-listed', people: lists.flatMap(nameApprovers).join(', ') })
}

function isAmong(facts: PersonFacts, approvers: Approvers, listing: Listing): Verdict {
  const { person } = facts
  const { managerOf, groups, entitlement, asking, now } = listing
  if (isListed(person, approvers.people)) return { answer: 'yes', reasons: [] }
  if (approvers.manager && managerOf !== null && isListed(person, [managerOf]))
    return { answer: 'yes', reasons: [] }
  const lookups = approvers.groups.map((handle) => ({ handle, members: groups(handle) }))
  if (lookups.some(({ members }) => isSet(members) && members.has(person.slack.userId))) {
    return { answer: 'yes', reasons: [] }
  }
  const matching = approvers.who?.evaluate(attributesOf(facts, entitlement, asking, now)) ?? 'no'
  if (matching === 'yes') return { answer: 'yes', reasons: [] }
  const reasons: Reason[] = lookups.flatMap(({ handle, members }): Reason[] =>
    isSet(members)
      ? []
      : [{ kind: members === 'unlisted' ? 'unlisted-group' : 'unreadable-group', group: handle }],
  )
  if (matching === 'unknown' && approvers.who)
    reasons.push({ kind: 'rule', source: approvers.who.source, answer: matching })
  return { answer: reasons.length > 0 ? 'unknown' : 'no', reasons }
}

const isSet = (members: ReturnType<Groups>): members is ReadonlySet<string> => typeof members !== 'string'

/** Admins may end and retry. */
export const isAdmin = (person: Person, entitlement: Entitlement): boolean =>
  isListed(person, entitlement.admins)

/** Lists name people by verified e-mail or by Slack user id. */
export function isListed(person: Person, people: readonly string[]): boolean {
  return (
    people.includes(person.slack.userId) ||
    (person.email !== null && people.includes(person.email.toLowerCase()))
  )
}

/** A list in the catalog's own words. */
export const nameApprovers = ({ people, groups, manager, who }: Approvers): string[] => [
  ...groups,
  ...people,
  ...(manager ? ['their manager'] : []),
  ...(who ? [`whoever matches ${who.source.replace(/\s+/g, ' ').trim()}`] : []),
]

const no = (reason: Reason): Verdict => ({ answer: 'no', reasons: [reason] })
