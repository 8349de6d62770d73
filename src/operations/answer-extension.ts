import { findEntitlement } from '../domain/catalog.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import { explain } from '../domain/explain.ts'
import { mayExtend, waitingExtension } from '../domain/extension.ts'
import type { Extension, Grant } from '../domain/grant.ts'
import { isSameHuman, refTo, type PersonRef } from '../domain/person.ts'
import { nameApprovers } from '../domain/approvers.ts'
import { stillAllows } from '../domain/policy.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import { transition } from '../domain/transition.ts'
import { whyNoMore } from './extend.ts'
import { earlierOf, openNow } from './asked-of.ts'
import { provenBy } from './confirm/proven.ts'
import { carryOut, wouldBecome, type Decide } from './judged.ts'
import { panelsOf, type Panel } from './panel.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

export interface ExtensionAnswer {
  readonly grantId: string
  readonly by: PersonRef
  readonly verdict: 'approve' | 'deny'
  /** Which asking is answered. */
  readonly askedAt: Date
  /** They just confirmed that it is they; without it a young proof counts, where the catalog asks for one. */
  readonly confirmation?: Confirmation | null
}

/**
 * One approver's yes or no to more time. Every stage that agreed to the first time agrees to more, one after the other;
 * the lists and rules of this moment decide, and ask of the holder what they asked when it was given. One no ends it,
 * and the old end stands.
 */
export const answerExtension = async (world: World, answer: ExtensionAnswer): Promise<Grant | Refusal> =>
  carryOut(world, answer.grantId, await judgeAnswer(world, answer))

/** What this answer would make of it now; writes nothing. */
export const wouldAnswerExtension = async (world: World, answer: ExtensionAnswer): Promise<Grant | Refusal> =>
  wouldBecome(world, answer.grantId, await judgeAnswer(world, answer))

async function judgeAnswer(
  world: World,
  { grantId, by, verdict, askedAt, confirmation: given = null }: ExtensionAnswer,
): Promise<Decide | Refusal> {
  const seen = await world.grants.get(grantId)
  if (seen === null) return refuse('not-found')
  const one = withOneCatalog(world)
  const catalog = one.catalog()
  const entitlement = findEntitlement(catalog, seen.resource.id, seen.entitlement.id)
  if (entitlement === null)
    return refuse('rules-changed', { grant: seen, reasons: ['it is not in the catalog any more'] })
  const earlier = seen.status === 'active' ? (waitingExtension(seen)?.approvedBy ?? []) : []
  const again = askedAgain(seen, earlier)
  const { stages } = entitlement.review
  const allowedAt = world.clock.now()
  const [facts, subject, panels, others] = await Promise.all([
    world.directory.facts(by),
    world.directory.facts(seen.subject),
    panelsOf(one, entitlement, again),
    earlierOf(one, again),
  ])
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  const open = openNow(again, others, panels, stages)
  if (verdict === 'approve' && open === 'unknown') {
    const why = 'Slack did not say whether those who approved before may still do so'
    return refuse('unsure', { grant: seen, reasons: [why] })
  }
  // One no needs no stage: whichever is open.
  const stage = open === 'unknown' ? stages.length - 1 : open.stage
  const voided = open === 'unknown' ? [] : open.voided
  const counting = earlier.filter(({ id }) => !voided.includes(id))
  const hasAnswered = counting.some((person) => isSameHuman(person, facts.person))
  const refusal = hasAnswered ? null : whyNoRight(seen, panels, verdict === 'deny' ? null : stage, facts)
  if (refusal !== null) return refusal
  const isProofAsked = verdict === 'approve' && !hasAnswered && stages[stage]?.asksProof === true
  const confirmation = isProofAsked ? await provenBy(one, refTo(facts.person), given) : null
  if (isProofAsked && confirmation === null) return refuse('must-confirm', { grant: seen })
  const event = {
    type: 'answer-extension',
    by: refTo(facts.person),
    verdict,
    askedAt,
    rules: entitlement.extend,
    stage,
    as: panels[stage]?.answersAs(facts) ?? 'own',
    stages,
    voided,
    confirmation,
    allowedAt,
  } as const
  return (current, now) => {
    if (isOutdated(world, one)) return newRules(current)
    const waiting = current.status === 'active' ? waitingExtension(current) : null
    if (verdict === 'approve' && waiting !== null && current.status === 'active') {
      if (subject === 'unknown')
        return refuse('unsure', {
          grant: current,
          reasons: ['Slack did not say whether the holder is still here'],
        })
      const may = mayExtend(withoutAsking(current), entitlement.extend, now)
      const moreMs = 'addMs' in may ? Math.min(may.addMs, waiting.addMs) : waiting.addMs
      const no = whyNoMore(
        current,
        stillAllows(catalog, subject, current, now, { isHeld: true, asksFit: true, moreMs }),
      )
      if (no !== null) return no
    }
    return transition(current, event, now)
  }
}

/** The same request, as its approvers are asked of it once more: who fills which seat by now. */
export const askedAgain = (grant: Grant, approvedBy: Extension['approvedBy']) => ({
  ...grant,
  reviews: approvedBy.map((by) => ({ by, stage: by.stage, as: by.as, verdict: 'approve' as const })),
})

const withoutAsking = (grant: Extract<Grant, { status: 'active' }>) => ({
  ...grant,
  extensions: grant.extensions.filter(({ outcome }) => outcome !== 'asked'),
})

/** A yes is for the stage that is open; one no is enough, whichever stage it comes from (`stage` null). */
function whyNoRight(
  grant: Grant,
  panels: readonly Panel[],
  stage: number | null,
  facts: Parameters<Panel['may']>[0],
): Refusal | null {
  const asked = stage === null ? panels : panels.slice(stage, stage + 1)
  const rights = asked.map((panel) => panel.may(facts))
  if (rights.some(({ answer }) => answer === 'yes')) return null
  const isLater = stage !== null && panels.slice(stage + 1).some((later) => later.may(facts).answer === 'yes')
  if (isLater)
    return refuse('not-yet', { grant, reasons: asked.flatMap(({ lists }) => lists.flatMap(nameApprovers)) })
  const isUnknown = rights.some(({ answer }) => answer === 'unknown')
  const reasons = [...new Set(rights.flatMap((right) => right.reasons.map(explain)))]
  return refuse(isUnknown ? 'unsure' : 'not-an-approver', { grant, reasons })
}
