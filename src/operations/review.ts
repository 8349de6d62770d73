import { findEntitlement, type Catalog, type Entitlement } from '../domain/catalog.ts'
import { explain } from '../domain/explain.ts'
import {
  offeredMs,
  termsOf,
  type AnsweredAs,
  type Grant,
  type GrantPlace,
  type Pending,
} from '../domain/grant.ts'
import { isSameHuman, refTo, type Known, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { nameApprovers } from '../domain/approvers.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import { mayAskForOthers, mayHold, placeFor, termsFor, type Verdict } from '../domain/policy.ts'
import { wordId, type PreApproval } from '../domain/pre-approval.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { DAY_MS } from '../domain/windows/wall-clock.ts'
import { isStillTimely, mayLast } from '../domain/timing.ts'
import { transition } from '../domain/transition.ts'
import { asAct } from './as-act.ts'
import { earlierOf, openNow, type EarlierReviewer } from './asked-of.ts'
import { provenBy } from './confirm/proven.ts'
import { panelsOf, type Panel } from './panel.ts'
import { wordAct } from './word-act.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

export interface GivenAnswer {
  readonly grantId: string
  readonly by: PersonRef
  /** What the reviewer saw and agrees to: `termsOf` the grant as their card showed it. */
  readonly terms: string
  readonly verdict: 'approve' | 'deny'
  readonly note: string | null
  /** Another duration than asked, up to the entitlement's maximum; null keeps what is offered. */
  readonly durationMs: number | null
  /** Until then the same is approved for the same person without asking; null: this once. */
  readonly aheadUntil?: Date | null
  /** They just confirmed that it is they; without it a young proof counts, where the catalog asks for one. */
  readonly confirmation?: Confirmation | null
}

/** An answer, by a click or given ahead. */
type Given = Pick<GivenAnswer, 'terms' | 'verdict' | 'note' | 'durationMs' | 'confirmation'> & {
  readonly ahead?: { readonly preApprovalId: string; readonly mostMs: number }
}

export const noteLength = { least: 5, most: 500 } as const

/**
 * One approver's yes or no. The lists and rules of this moment decide, and the grant as it is when it is written:
 * a second answer, a stranger's, the requester's own, or one to terms that changed since is refused.
 * Answering twice the same (a redelivered click) changes nothing and is no refusal.
 */
export async function reviewGrant(world: World, answer: GivenAnswer): Promise<Grant | Refusal> {
  const judged = await judgeReview(world, answer)
  if (isRefusal(judged)) return judged
  const reviewed = await world.grants.change(answer.grantId, judged.decide, judged.seen)
  return isRefusal(reviewed) ? reviewed : promise(world, reviewed, judged, answer)
}

/** What this answer would make of it now; writes nothing. */
export async function wouldReview(world: World, answer: GivenAnswer): Promise<Grant | Refusal> {
  const judged = await judgeReview(world, answer)
  return isRefusal(judged) ? judged : judged.decide(judged.seen, world.clock.now())
}

interface Judged {
  readonly seen: Grant
  readonly by: PersonFacts
  readonly entitlement: Entitlement | null
  /** That it is they, where any stage asks for that. */
  readonly confirmation: Confirmation | null
  /** By the facts and rules that were read. */
  readonly decide: (grant: Grant, now: Date) => Grant | Refusal
}

async function judgeReview(world: World, answer: GivenAnswer): Promise<Judged | Refusal> {
  const seen = await world.grants.get(answer.grantId)
  if (seen === null) return refuse('not-found')
  const one = withOneCatalog(world)
  const catalog = one.catalog()
  const entitlement = findEntitlement(catalog, seen.resource.id, seen.entitlement.id)
  const [by, requester, subject, panels] = await Promise.all([
    world.directory.facts(answer.by),
    world.directory.facts(seen.requester),
    world.directory.facts(seen.subject),
    entitlement ? panelsOf(one, entitlement, seen) : [],
  ])
  if (by === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const facts = { by, requester, subject, panels, earlier: await earlierOf(one, seen) }
  const wrong = untilProblem(entitlement, answer, world.clock.now())
  if (wrong !== null) return wrong
  const isProofAsked = entitlement?.review.stages.some(({ asksProof }) => asksProof) === true
  const confirmation = isProofAsked ? await provenBy(one, refTo(by.person), answer.confirmation) : null
  const decide: Judged['decide'] = (grant, now) =>
    isOutdated(world, one)
      ? newRules(grant)
      : decideReview(catalog, facts, grant, { ...answer, confirmation }, now)
  return { seen, by, entitlement, confirmation, decide }
}

function untilProblem(
  entitlement: Entitlement | null,
  { aheadUntil }: GivenAnswer,
  now: Date,
): Refusal | null {
  if (aheadUntil == null) return null
  const mostMs = entitlement?.preApproveMs ?? 0
  // The last day counts as a whole.
  const latest = new Date(now.getTime() + mostMs + DAY_MS)
  return mostMs > 0 && aheadUntil > now && aheadUntil <= latest ? null : refuse('bad-until')
}

/**
 * From now on the approver's word answers the same request of the same person. It is an act of its own: whoever answered
 * before, and proved then who they are, proves it for this.
 */
async function promise(
  world: World,
  grant: Grant,
  { by, entitlement, confirmation }: Judged,
  { aheadUntil }: GivenAnswer,
): Promise<Grant | Refusal> {
  const own = grant.reviews.find((review) => isSameHuman(review.by, refTo(by.person)))
  if (aheadUntil == null || own?.verdict !== 'approve') return grant
  const asks = entitlement?.review.stages[own.stage]?.asksProof === true
  if (asks && confirmation === null) return refuse('must-confirm', { grant })
  const word: PreApproval = {
    id: wordId(grant.id, own.by, asks ? (confirmation?.ticket ?? null) : null),
    approver: own.by,
    subject: grant.subject,
    resource: grant.resource,
    entitlement: grant.entitlement,
    system: grant.system,
    canonical: grant.canonical,
    principal: grant.principal,
    maxMs: own.durationMs,
    until: aheadUntil,
    confirmation,
    madeAt: own.at,
    stoppedAt: null,
    stoppedBy: null,
  }
  await asAct(world, wordAct('approved-ahead', word, own.by), () => world.preApprovals.insert(word))
  return grant
}

interface Facts {
  readonly by: PersonFacts
  readonly requester: Known<PersonFacts>
  readonly subject: Known<PersonFacts>
  /** Who may answer each stage, as the lists were when the facts were read. */
  readonly panels: readonly Panel[]
  /** Of those who answered before: an approval counts only while its giver may still approve. */
  readonly earlier: readonly EarlierReviewer[]
}

/** What an answer makes of a grant, by the facts and lists of now. */
export function decideReview(
  catalog: Catalog,
  facts: Facts,
  grant: Grant,
  answer: Given,
  now: Date,
): Grant | Refusal {
  const by = refTo(facts.by.person)
  const earlier = grant.reviews.find((review) => isSameHuman(review.by, by))
  if (grant.status !== 'pending') {
    return earlier?.verdict === answer.verdict ? grant : refuse('decided', { grant })
  }
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  // Whoever took back what they had said ahead may say yes anew.
  const isTakenBack = facts.earlier.some(
    ({ id, takenBack }) => takenBack !== null && id === earlier?.by.id && takenBack === earlier.preApprovalId,
  )
  if (earlier && !(isTakenBack && answer.verdict === 'approve')) return refuse('already-reviewed', { grant })
  const entitlement = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  if (entitlement === null)
    return refuse('rules-changed', { grant, reasons: ['it is not in the catalog any more'] })
  // One no is enough, whichever stage it comes from; a yes fills a seat of the stage that is open.
  if (answer.verdict === 'deny') {
    const rights = facts.panels.map((panel) => panel.may(facts.by))
    return whyNoRight(grant, rights) ?? deny(grant, answer, facts, now)
  }
  const { stages } = entitlement.review
  const open = openNow(grant, facts.earlier, facts.panels, stages)
  if (open === 'unknown') {
    return refuse('unsure', {
      grant,
      reasons: ['Slack did not say whether those who approved before may still do so'],
    })
  }
  const { stage, voided } = open
  const panel = facts.panels[stage]
  if (panel === undefined) return refuse('unsure', { grant, reasons: ['the rules changed just now'] })
  const wrong = whyNoRight(grant, [panel.may(facts.by)])
  if (wrong !== null) {
    const isLater = facts.panels.slice(stage + 1).some((later) => later.may(facts.by).answer === 'yes')
    return isLater ? refuse('not-yet', { grant, reasons: panel.lists.flatMap(nameApprovers) }) : wrong
  }
  if (termsOf(grant) !== answer.terms) return refuse('terms-changed', { grant })
  return approve(
    catalog,
    facts,
    grant,
    entitlement,
    answer,
    { stage, voided, as: panel.answersAs(facts.by) },
    now,
  )
}

/** Null where one of them says yes. */
function whyNoRight(grant: Pending, rights: readonly Verdict[]): Refusal | null {
  if (rights.some(({ answer }) => answer === 'yes')) return null
  const isUnknown = rights.some(({ answer }) => answer === 'unknown')
  const reasons = [...new Set(rights.flatMap((right) => right.reasons.map(explain)))]
  return refuse(isUnknown ? 'unsure' : 'not-an-approver', { grant, reasons })
}

function deny(grant: Pending, { note }: Given, { by }: Facts, now: Date): Grant | Refusal {
  const words = note?.trim() ?? ''
  if (words.length < noteLength.least || words.length > noteLength.most) return refuse('bad-note', { grant })
  return transition(grant, { type: 'deny', by: refTo(by.person), note: words }, now)
}

function approve(
  catalog: Catalog,
  facts: Facts,
  grant: Pending,
  entitlement: Entitlement,
  answer: Given,
  seat: { stage: number; voided: readonly string[]; as: AnsweredAs },
  now: Date,
): Grant | Refusal {
  const { by } = facts
  const note = answer.note?.trim() ?? ''
  if (note.length > noteLength.most) return refuse('bad-note', { grant })
  const durationMs = answer.durationMs ?? offeredMs(grant)
  if (!Number.isInteger(durationMs) || durationMs <= 0 || durationMs > entitlement.duration.maxMs) {
    return refuse('bad-duration', { grant })
  }
  if (grant.pattern !== null && !mayLast({ ...grant.pattern, durationMs }, entitlement, now)) {
    return refuse('bad-duration', { grant })
  }
  const place = whereStill(catalog, facts, grant, entitlement, durationMs, now)
  if (isRefusal(place)) return place
  // Last of all: nobody confirms who they are for what they may not do anyway.
  const isProofAsked = entitlement.review.stages[seat.stage]?.asksProof === true
  if (isProofAsked && answer.confirmation == null) return refuse('must-confirm', { grant })
  const terms = termsFor(entitlement, place, grant)
  const event = {
    type: 'approve',
    by: refTo(by.person),
    note: note || null,
    durationMs,
    ...seat,
    stages: entitlement.review.stages,
    terms,
    confirmation: isProofAsked ? (answer.confirmation ?? null) : null,
    ...(answer.ahead === undefined ? {} : { ahead: answer.ahead }),
  } as const
  return transition(grant, event, now)
}

/** Where it would be given by the rules of now, which are asked all that they were asked with the request; or why not. */
export function whereStill(
  catalog: Catalog,
  { requester, subject }: Pick<Facts, 'requester' | 'subject'>,
  grant: Pending,
  entitlement: Entitlement,
  durationMs: number,
  now: Date,
): GrantPlace | Refusal {
  const changed = (reason: string) => refuse('rules-changed', { grant, reasons: [reason] })
  const unsure = ({ name }: PersonRef) =>
    refuse('unsure', { grant, reasons: [`Slack did not say whether ${name} is still here`] })
  if (entitlement.canonical !== grant.canonical || entitlement.system !== grant.system)
    return changed('it now gives something else than what was asked for')
  if (entitlement.mode !== 'approval') return changed('nobody asks for it any more')
  if (!isStillTimely(grant, entitlement, now)) return changed('the catalog allows it at other times now')
  const asking = { durationMs, reason: grant.reason, device: grant.device }
  if (grant.requester.id !== grant.subject.id) {
    if (requester === 'unknown') return unsure(grant.requester)
    if (!mayAskForOthers(requester, entitlement, asking, now))
      return changed('whoever asked may not ask for others any more')
  }
  if (subject === 'unknown') return unsure(grant.subject)
  const verdict = mayHold(subject, entitlement, asking, now)
  if (verdict.answer !== 'yes') {
    const isUnfit = verdict.reasons.some(({ kind }) => kind === 'unfit')
    const code = verdict.answer === 'unknown' ? 'unsure' : isUnfit ? 'unfit' : 'rules-changed'
    return refuse(code, { grant, reasons: verdict.reasons.map(explain) })
  }
  const place = placeFor(catalog, subject, entitlement, asking, now)
  if ('unresolved' in place) return changed(place.unresolved)
  const { principal } = grant
  if (principal === null || principal === place.principal) return place
  return changed(
    `on ${grant.system} they are ${place.principal} now, and not ${principal} as when it was asked`,
  )
}
