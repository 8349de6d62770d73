import { findEntitlement, type Catalog, type Entitlement } from '../domain/catalog.ts'
import { explain } from '../domain/explain.ts'
import { offeredMs, termsOf, type Grant, type Pending } from '../domain/grant.ts'
import { isSameHuman, refTo, type PersonFacts, type SlackIdentity } from '../domain/person.ts'
import { isReviewer, mayHold, placeFor, type Groups } from '../domain/policy.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { mayLast } from '../domain/timing.ts'
import { transition } from '../domain/transition.ts'
import type { World } from './world.ts'

export interface Answer {
  readonly grantId: string
  readonly by: SlackIdentity
  /** What the reviewer saw and agrees to: `termsOf` the grant as their card showed it. */
  readonly terms: string
  readonly verdict: 'approve' | 'deny'
  readonly note: string | null
  /** Another duration than asked, up to the entitlement's maximum; null keeps what is offered. */
  readonly durationMs: number | null
}

export const noteLength = { least: 5, most: 500 } as const

/**
 * One approver's yes or no. The lists and rules of this moment decide, and the grant as it is when it is written:
 * a second answer, a stranger's, the requester's own, or one to terms that changed since is refused.
 * Answering twice the same (a redelivered click) changes nothing and is no refusal.
 */
export async function reviewGrant(world: World, answer: Answer): Promise<Grant | Refusal> {
  const seen = await world.grants.get(answer.grantId)
  if (seen === null) return refuse('not-found')
  const entitlement = findEntitlement(world.catalog(), seen.resource.id, seen.entitlement.id)
  const [by, subject, groups] = await Promise.all([
    world.directory.facts(answer.by),
    world.directory.facts(seen.subject.slack),
    world.directory.groups(entitlement?.review.stages[0].approvers.groups ?? []),
  ])
  if (by === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const earlier = await Promise.all(
    seen.reviews.map(async ({ by: { id, slack } }) => ({ id, facts: await world.directory.facts(slack) })),
  )
  const facts = { by, subject, groups, earlier }
  const catalog = world.catalog()
  return world.grants.change(answer.grantId, (grant, now) => decide(catalog, facts, grant, answer, now))
}

interface Facts {
  readonly by: PersonFacts
  readonly subject: PersonFacts | 'unknown'
  readonly groups: Groups
  /** Of those who answered before: an approval counts only while its giver may still approve. */
  readonly earlier: readonly { readonly id: string; readonly facts: PersonFacts | 'unknown' }[]
}

function decide(catalog: Catalog, facts: Facts, grant: Grant, answer: Answer, now: Date): Grant | Refusal {
  const by = refTo(facts.by.person)
  const earlier = grant.reviews.find((review) => isSameHuman(review.by, by))
  if (grant.status !== 'pending') {
    return earlier?.verdict === answer.verdict ? grant : refuse('decided', { grant })
  }
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  if (earlier) return refuse('already-reviewed', { grant })
  const entitlement = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  if (entitlement === null)
    return refuse('rules-changed', { grant, reasons: ['it is not in the catalog any more'] })
  const { approvers } = entitlement.review.stages[0]
  const right = isReviewer(facts.by, approvers, facts.groups)
  if (right.answer !== 'yes') {
    const code = right.answer === 'unknown' ? 'unsure' : 'not-an-approver'
    return refuse(code, { grant, reasons: right.reasons.map(explain) })
  }
  if (answer.verdict === 'deny') return deny(grant, answer, facts, now)
  if (termsOf(grant) !== answer.terms) return refuse('terms-changed', { grant })
  return approve(catalog, facts, grant, entitlement, answer, now)
}

function deny(grant: Pending, { note }: Answer, { by }: Facts, now: Date): Grant | Refusal {
  const words = note?.trim() ?? ''
  if (words.length < noteLength.least || words.length > noteLength.most) return refuse('bad-note', { grant })
  return transition(grant, { type: 'deny', by: refTo(by.person), note: words }, now)
}

function approve(
  catalog: Catalog,
  facts: Facts,
  grant: Pending,
  entitlement: Entitlement,
  answer: Answer,
  now: Date,
): Grant | Refusal {
  const { by, subject } = facts
  if (entitlement.canonical !== grant.canonical || entitlement.system !== grant.system) {
    return refuse('rules-changed', {
      grant,
      reasons: ['it now gives something else than what was asked for'],
    })
  }
  const note = answer.note?.trim() ?? ''
  if (note.length > noteLength.most) return refuse('bad-note', { grant })
  const durationMs = answer.durationMs ?? offeredMs(grant)
  if (!Number.isInteger(durationMs) || durationMs <= 0 || durationMs > entitlement.duration.maxMs) {
    return refuse('bad-duration', { grant })
  }
  if (grant.pattern !== null && !mayLast({ ...grant.pattern, durationMs }, entitlement, now)) {
    return refuse('bad-duration', { grant })
  }
  if (subject === 'unknown') {
    return refuse('unsure', {
      grant,
      reasons: [`Slack did not say whether ${grant.subject.name} is still here`],
    })
  }
  const asking = { durationMs, reason: grant.reason }
  const verdict = mayHold(subject, entitlement, asking, now)
  if (verdict.answer !== 'yes') {
    const code = verdict.answer === 'unknown' ? 'unsure' : 'rules-changed'
    return refuse(code, { grant, reasons: verdict.reasons.map(explain) })
  }
  const place = placeFor(catalog, subject, entitlement, asking, now)
  if ('unresolved' in place) return refuse('rules-changed', { grant, reasons: [place.unresolved] })
  const terms = {
    place,
    system: entitlement.system,
    warnMs: grant.pattern !== null && !entitlement.windows?.warns ? 0 : entitlement.warnMs,
    alertMs: entitlement.alertMs,
  }
  const lapsed = voided(facts, grant, entitlement)
  if (lapsed === 'unknown') {
    return refuse('unsure', {
      grant,
      reasons: ['Slack did not say whether those who approved before may still do so'],
    })
  }
  const needs = Math.max(grant.needs, entitlement.review.stages[0].needs)
  const event = {
    type: 'approve',
    by: refTo(by.person),
    note: note || null,
    durationMs,
    needs,
    voided: lapsed,
    terms,
  } as const
  return transition(grant, event, now)
}

/**
 * Earlier approvers who may not approve any more, by the lists of this moment: their approvals count no longer.
 * Whoever answered since the facts were read, in this very moment, was judged by the same lists.
 */
function voided({ earlier, groups }: Facts, grant: Pending, entitlement: Entitlement): string[] | 'unknown' {
  const answers = earlier.map(({ id, facts }) => ({
    id,
    answer:
      facts === 'unknown' ? facts : isReviewer(facts, entitlement.review.stages[0].approvers, groups).answer,
  }))
  if (answers.some(({ answer }) => answer === 'unknown')) return 'unknown'
  const mayNot = answers.filter(({ answer }) => answer === 'no').map(({ id }) => id)
  return mayNot.filter((id) => grant.reviews.some(({ by }) => by.id === id))
}
