import { findEntitlement, type Entitlement } from '../domain/catalog.ts'
import type { Confirmation } from '../domain/confirmation.ts'
import { explain } from '../domain/explain.ts'
import { agreedMs, mayExtend, totalMs, type MayExtend } from '../domain/extension.ts'
import { isApproved, type Approved, type Grant } from '../domain/grant.ts'
import { isSamePerson, refTo, type Known, type PersonFacts, type PersonRef } from '../domain/person.ts'
import { attributesOf, stillAllows, type Verdict } from '../domain/policy.ts'
import { isRefusal, refuse, type Refusal } from '../domain/refusal.ts'
import { seatsOf } from '../domain/stages.ts'
import { transition } from '../domain/transition.ts'
import { provenBy } from './confirm/proven.ts'
import { carryOut, wouldBecome, type Decide } from './judged.ts'
import { wordTakenBack } from './word-taken-back.ts'
import { isOutdated, newRules, withOneCatalog, type World } from './world.ts'

/**
 * The holder wants more time than the end they saw. The rules of now are asked as if all of it were asked for at once;
 * then it is added, or asked of the approvers while the old end stands: always where it is more than was agreed to.
 * Racing the end it wins whole, or is refused: `too-late`.
 */
export const extendGrant = async (world: World, asking: MoreTime): Promise<Grant | Refusal> =>
  carryOut(world, asking.grantId, await judgeExtension(world, asking))

/** What this asking would make of it now; writes nothing. */
export const wouldExtend = async (world: World, asking: MoreTime): Promise<Grant | Refusal> =>
  wouldBecome(world, asking.grantId, await judgeExtension(world, asking))

export interface MoreTime {
  readonly grantId: string
  readonly by: PersonRef
  readonly seenEndsAt: Date
  /** They just confirmed that it is they; without it a young proof counts, where the catalog asks for one. */
  readonly confirmation?: Confirmation | null
}

async function judgeExtension(
  world: World,
  { grantId, by, seenEndsAt, confirmation: given }: MoreTime,
): Promise<Decide | Refusal> {
  const grant = await world.grants.get(grantId)
  if (grant === null) return refuse('not-found')
  if (!isSamePerson(grant.subject, by)) return refuse('not-yours', { grant })
  const one = withOneCatalog(world)
  const catalog = one.catalog()
  const allowedAt = world.clock.now()
  const facts = await world.directory.facts(by)
  if (facts === 'unknown') return refuse('unsure', { reasons: ['Slack did not say who you are'] })
  // Whoever said yes ahead and took it back agrees to no more: somebody is asked.
  const isTakenBack = 'reviews' in grant && (await wordTakenBack(one, grant)) !== null
  const rules = findEntitlement(catalog, grant.resource.id, grant.entitlement.id)
  const isProofAsked = rules?.asksProof === true
  const confirmation = isProofAsked ? await provenBy(one, refTo(facts.person), given) : null
  return (current, now) => {
    if (isOutdated(world, one)) return newRules(current)
    const entitlement = findEntitlement(catalog, current.resource.id, current.entitlement.id)
    if (entitlement === null)
      return refuse('rules-changed', { grant: current, reasons: ['it is not in the catalog any more'] })
    const event = {
      type: 'extend',
      by: current.subject,
      seenEndsAt,
      rules: entitlement.extend,
      agreedMs: isApproved(current) ? agreedNow(world, facts, entitlement, current, isTakenBack, now) : 0,
      needs: seatsOf(entitlement.review.stages),
      confirmation,
      allowedAt,
    } as const
    const may = current.status === 'active' ? mayExtend(current, event.rules, now, event.agreedMs) : null
    const refusal =
      current.status === 'active' && may !== null && 'addMs' in may
        ? whyNoMore(
            current,
            stillAllows(catalog, facts, current, now, { isHeld: true, asksFit: true, moreMs: may.addMs }),
          )
        : null
    const more = refusal ?? transition(current, event, now)
    return isProofAsked && confirmation === null && !isRefusal(more)
      ? refuse('must-confirm', { grant: current })
      : more
  }
}

/**
 * Whether the holder may have more time now, and whether somebody is asked for it; null where nothing is held. The
 * button says by it what the click does. Where Slack does not say who they are, no rule agrees.
 */
export async function mayHaveMore(
  world: World,
  grant: Grant,
  facts: Known<PersonFacts>,
): Promise<MayExtend | null> {
  if (grant.status !== 'active') return null
  const one = withOneCatalog(world)
  const entitlement = findEntitlement(one.catalog(), grant.resource.id, grant.entitlement.id)
  if (entitlement === null) return { not: 'never' }
  const isTakenBack = entitlement.extend !== null && (await wordTakenBack(one, grant)) !== null
  const now = world.clock.now()
  return mayExtend(
    grant,
    entitlement.extend,
    now,
    agreedNow(world, facts, entitlement, grant, isTakenBack, now),
  )
}

/**
 * How long may be held in all before somebody is asked: a rule that approved it agrees to more only where its condition
 * says so of all the time, and a word that was taken back agrees to no more.
 */
function agreedNow(
  { agrees }: Pick<World, 'agrees'>,
  facts: Known<PersonFacts>,
  entitlement: Entitlement,
  grant: Approved,
  isTakenBack: boolean,
  now: Date,
): number {
  if (isTakenBack) return totalMs(grant)
  const agreed = agreedMs(grant, entitlement)
  if (grant.auto === null || grant.status !== 'active') return agreed
  const may = mayExtend(grant, entitlement.extend, now, agreed)
  if ('not' in may || may.isReviewed) return agreed
  // By rule nothing is given while replicas go by different catalogs.
  if (facts === 'unknown' || !agrees()) return totalMs(grant)
  const { because } = grant.auto
  const asking = { durationMs: totalMs(grant) + may.addMs, reason: grant.reason, device: grant.device }
  const rule = entitlement.auto.find((one) => one.because === because)
  const isOver = rule === undefined || (rule.notAfter !== null && now >= rule.notAfter)
  const answer = isOver ? 'no' : rule.when.evaluate(attributesOf(facts, entitlement, asking, now))
  return answer === 'yes' ? agreed : totalMs(grant)
}

/** What the rules say against more time, if anything. */
export function whyNoMore(grant: Grant, { answer, reasons }: Verdict): Refusal | null {
  if (answer === 'yes') return null
  const isUnfit = reasons.some(({ kind }) => kind === 'unfit')
  const code = answer === 'unknown' ? 'unsure' : isUnfit ? 'unfit' : 'rules-changed'
  return refuse(code, { grant, reasons: reasons.map(explain) })
}
