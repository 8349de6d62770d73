import { fittingRules } from './auto-approval.ts'
import type { Answer } from './answer.ts'
import { findEntitlement, isForDevice, type Attributes, type Catalog, type Entitlement } from './catalog.ts'
import { totalMs, type Lasting } from './extension.ts'
import { isUsable } from './devices/device.ts'
import { fitness, type Lack } from './devices/fitness.ts'
import type { Approved, Grant, GrantPlace } from './grant.ts'
import type { GroupMembers, PersonFacts } from './person.ts'
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
  /** No source of people knows them, and the catalog asks for one. */
  | { readonly kind: 'stranger' }
  /** An admin is to say first whether they are who a source says. */
  | { readonly kind: 'in-question' }
  /** The rule that approved it does not any more. */
  | { readonly kind: 'not-by-itself'; readonly because: string }
  | { readonly kind: 'external' }
  | { readonly kind: 'no-principal'; readonly why: string }
  /** Who they are on the system follows from an e-mail that cannot be read now. */
  | { readonly kind: 'unread-email' }
  /** Their device, or devices, do not meet the catalog's rule. */
  | { readonly kind: 'unfit'; readonly lacks: readonly Lack[]; readonly at: Date }
  /** Which devices they have was not read. */
  | { readonly kind: 'unread-devices' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'too-long'; readonly maxMs: number }
  | { readonly kind: 'outside'; readonly windows: string }
  | { readonly kind: 'not-listed'; readonly people: string }
  /** Who manages whom it is for cannot be read now. */
  | { readonly kind: 'unread-manager' }
  /** They left it a moment ago, and a full sync may be about to put them back. */
  | { readonly kind: 'left-lately'; readonly group: string }
  | { readonly kind: 'unreadable-group'; readonly group: string }
  /** Whether somebody stands in for the approvers hangs on who of them is here. */
  | { readonly kind: 'unread-approvers' }
  /** Slack lists no such group: it was renamed, or disabled. */
  | { readonly kind: 'unlisted-group'; readonly group: string }

export interface Asking {
  readonly durationMs: number
  readonly reason: string
  /** The device that it is asked for on; absent: on whichever of theirs. */
  readonly device?: { readonly id: string } | null
}

/** Members of the Slack groups that matter here, each known or not. */
export type Groups = (handle: string) => GroupMembers

export function attributesOf(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
): Attributes {
  const device = facts.devices?.find(({ id }) => id === asking.device?.id)
  return {
    email: facts.isEmailRead ? facts.person.email : 'unknown',
    slackUserId: facts.person.slack.userId,
    groups: facts.groups,
    ...(facts.listedGroups ? { listedGroups: facts.listedGroups } : {}),
    ...(facts.provisioned ? { provisioned: facts.provisioned } : {}),
    ...(facts.confirmed === undefined ? {} : { confirmed: facts.confirmed }),
    ...(device === undefined ? {} : { device }),
    guest: facts.isGuest,
    zone: facts.zone,
    durationMs: asking.durationMs,
    reason: asking.reason,
    now,
    resource: entitlement.resource.id,
    entitlement: entitlement.id,
  }
}

/**
 * May this person have this entitlement, on the devices that they have? Asked when they look, ask, are approved, right before giving, and again
 * and again while they hold it. `asking` is for the whole time, `mostMs` the longest that may be.
 */
export function mayHold(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
  mostMs = entitlement.duration.maxMs,
): Verdict {
  const verdict = mayHoldAnywhere(facts, entitlement, asking, now, mostMs)
  return verdict.answer === 'yes' ? (whyUnfit(facts, entitlement, asking, now) ?? verdict) : verdict
}

function whyUnfit(
  { devices }: PersonFacts,
  { device: rule }: Entitlement,
  { device }: Asking,
  now: Date,
): Verdict | null {
  if (rule === null) return null
  if (devices === undefined) return { answer: 'unknown', reasons: [{ kind: 'unread-devices' }] }
  const found = fitness(rule, devices, { now, onDevice: device?.id ?? null })
  return found.isFit ? null : no({ kind: 'unfit', lacks: found.lacks, at: now })
}

/** The same, whatever they work on: that may be mended in a minute. What it reads of the entitlement, `judged-alike.ts` knows too. */
export function mayHoldAnywhere(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
  mostMs = entitlement.duration.maxMs,
): Verdict {
  const outside = whyOutside(facts, entitlement, asking, mostMs)
  if (outside !== null) return outside
  const { who } = entitlement
  const answer = who.evaluate(attributesOf(facts, entitlement, asking, now))
  // What the rule refuses is refused, whoever they turn out to be.
  if (answer !== 'no' && facts.provisioned?.isInQuestion)
    return { answer: 'unknown', reasons: [{ kind: 'in-question' }] }
  return { answer, reasons: [{ kind: 'rule', source: who.source, answer }] }
}

/** What no rule of the catalog can allow. */
function whyOutside(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  mostMs: number,
): Verdict | null {
  if (!facts.isHere) return no({ kind: 'not-here' })
  if (facts.isExternal && !entitlement.external) return no({ kind: 'external' })
  if (facts.provisioned?.isStranger) return no({ kind: 'stranger' })
  return asking.durationMs > mostMs ? no({ kind: 'too-long', maxMs: mostMs }) : null
}

/** May this person ask for somebody else? The other must be allowed it all the same. */
export function mayAskForOthers(
  facts: PersonFacts,
  entitlement: Entitlement,
  asking: Asking,
  now: Date,
): boolean {
  const { provisioned } = facts
  if (provisioned?.isStranger || provisioned?.isInQuestion) return false
  if (entitlement.onBehalf === null || !facts.isHere || facts.isExternal) return false
  return entitlement.onBehalf.evaluate(attributesOf(facts, entitlement, asking, now)) === 'yes'
}

/** What a rule is asked with where nobody asks. */
export const standingAsking = (entitlement: Entitlement): Asking => ({
  durationMs: entitlement.duration.defaultMs,
  reason: '',
})

/** What somebody is taken to ask with who did not ask yet. */
export const usualAsking = ({ duration, reasonExample }: Entitlement): Asking => ({
  durationMs: duration.defaultMs,
  reason: reasonExample ?? '',
})

/**
 * Would this person be let have it who did not ask for it yet, and could it be given to them, whatever they work on? Of
 * what is held by rule: does the rule name them?
 */
export function wouldHave(
  catalog: Catalog,
  facts: PersonFacts,
  entitlement: Entitlement,
  now: Date,
): Verdict {
  const asking = entitlement.mode === 'standing' ? standingAsking(entitlement) : usualAsking(entitlement)
  const verdict = mayHoldAnywhere(facts, entitlement, asking, now)
  if (verdict.answer !== 'yes' || isForDevice(catalog, entitlement)) return verdict
  const place = placeFor(catalog, facts, entitlement, asking, now)
  return 'unresolved' in place ? withoutPlace(facts, place.unresolved) : verdict
}

const withoutPlace = ({ isEmailRead }: PersonFacts, why: string): Verdict =>
  isEmailRead ? no({ kind: 'no-principal', why }) : { answer: 'unknown', reasons: [{ kind: 'unread-email' }] }

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
  const attributes = attributesOf(facts, entitlement, asking, now)
  if (system.principal.isOfDevice && attributes.device && !isUsable(attributes.device, catalog.devices))
    return { unresolved: `${attributes.device.name} does not count: an admin is to say first that it does` }
  const resolved = system.principal.resolve(attributes)
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

/** What was approved, as far as the rules look at it. */
export interface ApprovedWish
  extends
    Lasting,
    Pick<
      Approved,
      | 'resource'
      | 'entitlement'
      | 'system'
      | 'place'
      | 'endsAt'
      | 'reason'
      | 'isStanding'
      | 'isSession'
      | 'isBreakGlass'
      | 'auto'
      | 'window'
      | 'device'
    > {}

/**
 * Do the rules of this moment still allow what was approved, exactly as it was approved? Asked right before giving, and
 * while it is `held`: then who said yes is not asked again, nor how often a rule did, nor what it is held on
 * (`device-watch.ts` does, but for more time: `asksFit`); everything else is. Of what is `kept`, the conditions on the person are not asked either.
 */
export function stillAllows(
  catalog: Catalog,
  facts: PersonFacts,
  wish: ApprovedWish,
  now: Date,
  {
    isHeld = false,
    isKept = false,
    moreMs = 0,
    asksFit = !isHeld,
  }: { isHeld?: boolean; isKept?: boolean; moreMs?: number; asksFit?: boolean } = {},
): Verdict {
  const entitlement = findEntitlement(catalog, wish.resource.id, wish.entitlement.id)
  if (!entitlement) return no({ kind: 'gone' })
  if (modeOf(wish) !== entitlement.mode) return no({ kind: 'gone' })
  const wholeMs = totalMs(wish) + moreMs
  const { device } = wish
  const asking = wish.isStanding
    ? { ...standingAsking(entitlement), device }
    : { durationMs: wholeMs, reason: wish.reason, device }
  const mostMs = mostFor(entitlement, wish, wholeMs)
  const verdict: Verdict = isKept
    ? (whyOutside(facts, entitlement, asking, mostMs) ?? { answer: 'yes', reasons: [] })
    : (asksFit ? mayHold : mayHoldAnywhere)(facts, entitlement, asking, now, mostMs)
  if (verdict.answer !== 'yes') return verdict
  if (wish.isBreakGlass && entitlement.breakGlass === null) return no({ kind: 'no-break-glass' })
  // What people added later, the rule was not asked for.
  const approved = { ...asking, durationMs: wish.isStanding ? asking.durationMs : wish.durationMs }
  const byRule = isKept ? null : allowsByItself(facts, entitlement, wish, approved, now, isHeld)
  if (byRule !== null) return byRule
  const only = entitlement.windows?.only ?? []
  const endsAt = new Date(wish.endsAt.getTime() + moreMs)
  if (wish.window === null && !wish.isBreakGlass && !wish.isStanding && !fitsIn(only, now, endsAt))
    return no({ kind: 'outside', windows: describeOnly(only) })
  // Of everybody at once it is not read what they work on: `device-watch.ts` looks at that.
  if (isHeld && facts.devices === undefined && isForDevice(catalog, entitlement)) {
    const { canonical, system } = entitlement
    const isSame = device !== null && canonical === wish.place.canonical && system === wish.system
    return isSame ? verdict : no({ kind: 'moved' })
  }
  const place = placeFor(catalog, facts, entitlement, asking, now)
  if ('unresolved' in place) return withoutPlace(facts, place.unresolved)
  const same =
    place.principal === wish.place.principal &&
    place.canonical === wish.place.canonical &&
    entitlement.system === wish.system
  return same ? verdict : no({ kind: 'moved' })
}

/** While it is held: what the rules of this moment say, or yes where only they changed and the catalog lets it be kept. */
export function mayKeep(catalog: Catalog, facts: PersonFacts, wish: ApprovedWish, now: Date): Verdict {
  const verdict = stillAllows(catalog, facts, wish, now, { isHeld: true })
  const entitlement = findEntitlement(catalog, wish.resource.id, wish.entitlement.id)
  if (verdict.answer !== 'no' || wish.isStanding || !entitlement?.keeps) return verdict
  // Neither what is given, nor for how long, nor when, nor who they are there: only what its conditions say of them.
  return stillAllows(catalog, facts, wish, now, { isHeld: true, isKept: true })
}

const modeOf = ({ isStanding, isSession }: ApprovedWish): Entitlement['mode'] =>
  isStanding ? 'standing' : isSession ? 'session' : 'approval'

/** What was extended may last as long as extensions may make it; what was taken in an emergency, as that may. */
function mostFor({ duration, extend, breakGlass }: Entitlement, wish: ApprovedWish, wholeMs: number): number {
  if (wish.isBreakGlass) return Math.min(duration.maxMs, breakGlass?.maxMs ?? duration.maxMs)
  return wholeMs > wish.durationMs ? Math.max(duration.maxMs, extend?.totalMs ?? 0) : duration.maxMs
}

/** Null where no rule approved it, or the one that did says so still. */
function allowsByItself(
  facts: PersonFacts,
  entitlement: Entitlement,
  { auto }: ApprovedWish,
  asking: Asking,
  now: Date,
  isHeld: boolean,
): Verdict | null {
  if (auto === null) return null
  const rules = { ...entitlement, auto: entitlement.auto.filter(({ because }) => because === auto.because) }
  const attributes = attributesOf(facts, entitlement, asking, now)
  const [rule] = rules.auto
  const answer = rule?.when.evaluate(attributes) ?? 'no'
  if (rule && answer === 'unknown')
    return { answer: 'unknown', reasons: [{ kind: 'rule', source: rule.when.source, answer: 'unknown' }] }
  const isAllowed = isHeld ? answer === 'yes' : fittingRules(rules, attributes).fits.length > 0
  return isAllowed ? null : no({ kind: 'not-by-itself', because: auto.because })
}

/** What an open window says of itself: may the catalog's windows be had again and again still, and at this time? */
export function windowStillFits({ windows }: Pick<Entitlement, 'windows'>, at: Date, endsAt: Date): Verdict {
  if (windows?.untilMs != null && fitsIn(windows.only, at, endsAt)) return { answer: 'yes', reasons: [] }
  const words = windows?.untilMs == null ? 'once at a time' : describeOnly(windows.only)
  return no({ kind: 'outside', windows: words })
}

/** Inside one of the catalog's own windows, where it has any. A series is fitted into them as a whole. */
function fitsIn(only: readonly FixedWindow[], now: Date, endsAt: Date): boolean {
  if (only.length === 0) return true
  const open = fixedWindowAt(only, now)
  return open !== null && endsAt <= open.end
}

/** Why somebody is refused who asks for themselves. */
export function codeOf({ answer, reasons }: Verdict): 'unsure' | 'unfit' | 'not-allowed' {
  if (answer === 'unknown') return 'unsure'
  return reasons.some(({ kind }) => kind === 'unfit') ? 'unfit' : 'not-allowed'
}

export const no = (reason: Reason): Verdict => ({ answer: 'no', reasons: [reason] })
