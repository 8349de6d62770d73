import { usedUp } from '../domain/auto-approval.ts'
import { cut } from '../domain/cut.ts'
import { countingOf, type Entitlement } from '../domain/catalog.ts'
import { countsStill, type Confirmation } from '../domain/confirmation.ts'
import { termsOf, type Grant, type Pending } from '../domain/grant.ts'
import { isSameHuman, type PersonFacts } from '../domain/person.ts'
import { termsFor } from '../domain/policy.ts'
import { isHonoured } from '../domain/pre-approval.ts'
import { isRefusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import type { EarlierReviewer } from './asked-of.ts'
import { rulesFor } from './forecast.ts'
import { panelsOf } from './panel.ts'
import { decideReview } from './review.ts'
import type { Deciding } from './world.ts'

/** A request as it is to be written, and what to take back if it is not written after all. */
export interface Ahead {
  readonly grant: Grant
  undo(): Promise<void>
}

/**
 * What needs nobody's click any more: a rule of the catalog approves it, or approvers said so ahead. Whatever cannot be
 * found out leaves it to people. A series of windows is always theirs to decide, and so is what somebody else asks for
 * them: a rule speaks of whoever asks, and so does whoever approved ahead. Writes nothing but the use of a rule's quota.
 */
export async function approveAhead(
  world: Deciding,
  asked: Pending,
  subject: PersonFacts,
  entitlement: Entitlement,
): Promise<Ahead> {
  const nothing = () => Promise.resolve()
  if (asked.pattern !== null || !isSameHuman(asked.requester, asked.subject))
    return { grant: asked, undo: nothing }
  const byRule = await approveByRule(world, asked, subject, entitlement)
  if ('undo' in byRule) return byRule
  const grant = { ...asked, whyReviewed: cut(byRule.reasons.join('; '), 500) || null }
  return { grant: await approveByWord(world, grant, subject, entitlement), undo: nothing }
}

async function approveByRule(
  world: Deciding,
  asked: Pending,
  subject: PersonFacts,
  entitlement: Entitlement,
): Promise<Ahead | { readonly reasons: readonly string[] }> {
  const { fits, reasons } = rulesFor(world, {
    subject,
    entitlement,
    asking: { durationMs: asked.askedMs, reason: asked.reason, device: asked.device },
    isSeries: asked.pattern !== null,
    isForAnother: asked.requester.id !== asked.subject.id,
  })
  if (reasons.length > 0) world.log.info('left to people', { grantId: asked.id, reasons })
  const unused: string[] = []
  for (const { rule, place, quotaKey: key } of fits) {
    if (rule.quota !== null && !(await world.quotas.use(key, asked.id, rule.quota))) {
      unused.push(usedUp(rule))
      continue
    }
    const { because, when, isShown } = rule
    const by = { because, source: when.source, isShown }
    const terms = termsFor(entitlement, place, asked)
    const grant = transition(asked, { type: 'auto-approve', rule: by, terms }, world.clock.now())
    const undo = () => (rule.quota === null ? Promise.resolve() : world.quotas.giveBack(key, asked.id))
    if (!isRefusal(grant)) return { grant, undo }
    await undo()
  }
  return { reasons: [...reasons, ...unused] }
}

/** Each approver who said so ahead answers as they would by a click: by the lists and rules of now. */
export async function approveByWord(
  world: Deciding,
  asked: Pending,
  subject: PersonFacts,
  entitlement: Entitlement,
): Promise<Grant> {
  const now = world.clock.now()
  const given = await world.preApprovals.forSubject(asked.subject.id, now)
  const fitting = given.filter(
    (one) =>
      isHonoured(one, entitlement, now) &&
      one.resource.id === asked.resource.id &&
      one.entitlement.id === asked.entitlement.id &&
      one.system === asked.system &&
      one.canonical === asked.canonical &&
      one.principal === asked.principal &&
      asked.askedMs <= one.maxMs,
  )
  const rules = countingOf(world.catalog())
  const counting = async (by: string, one: Confirmation | null) =>
    one !== null && countsStill(one, rules) && (await world.proofs.isTheirs(by, one)) ? one : null
  let grant: Grant = asked
  const earlier: EarlierReviewer[] = []
  for (const { id, approver, maxMs, confirmation } of fitting) {
    if (grant.status !== 'pending') break
    const by = await world.directory.facts(approver)
    if (by === 'unknown') continue
    const panels = await panelsOf(world, entitlement, grant)
    const facts = { by, requester: subject, subject, panels, earlier: [...earlier] }
    const answer = { terms: termsOf(grant), verdict: 'approve', note: null, durationMs: null } as const
    const proof = await counting(approver.id, confirmation)
    const next = decideReview(
      world.catalog(),
      facts,
      grant,
      { ...answer, confirmation: proof, ahead: { preApprovalId: id, mostMs: maxMs } },
      now,
    )
    if (isRefusal(next)) continue
    earlier.push({ id: by.person.id, facts: by, takenBack: null })
    grant = next
  }
  return grant
}
