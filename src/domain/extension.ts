import type { Confirmation } from './confirmation.ts'
import type { Entitlement, ExtendRules } from './catalog.ts'
import { keepsWord, owedFor, withWord } from './debt.ts'
import type { Active, AnsweredAs, Approved, Extension, Grant } from './grant.ts'
import { isSameHuman, type PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'
import { openStage, seatsOf } from './stages.ts'
import { warnAt } from './warning.ts'

/** More time: at once, or to be reviewed by `needs` people. `seenEndsAt` is the end that the asker saw. */
export interface Extend {
  readonly type: 'extend'
  readonly by: PersonRef
  readonly seenEndsAt: Date
  readonly rules: ExtendRules | null
  /** What was agreed to: beyond it somebody is asked, whatever the rules say. */
  readonly agreedMs: number
  readonly needs: number
  /** That it was they; null where the catalog does not ask for that. */
  readonly confirmation?: Confirmation | null
  /** When Slack and the catalog were asked, who say yes to it. */
  readonly allowedAt?: Date
}

/** An approver's answer. `voided` are ids of those who said yes before and may not any more. */
export interface AnswerExtension {
  readonly type: 'answer-extension'
  readonly by: PersonRef
  readonly verdict: 'approve' | 'deny'
  /** Which asking is answered. */
  readonly askedAt: Date
  readonly rules: ExtendRules | null
  /** Which stage it answers, and how many each needs, by the rules of now. */
  readonly stage: number
  readonly as: AnsweredAs
  readonly stages: readonly { readonly needs: number }[]
  readonly voided: readonly string[]
  /** That it was they; null where the catalog does not ask for that. */
  readonly confirmation?: Confirmation | null
  /** When Slack and the catalog were asked, who say yes to what is approved. */
  readonly allowedAt?: Date
}

/** Each asking mentions the approvers: after so many noes they are left in peace. */
const mostDenied = 3

/** How an active grant may be extended now, or why not. */
export type MayExtend =
  | { readonly addMs: number; readonly isReviewed: boolean }
  /** `never`: not here. `asked`: more time waits for a review. `times`, `total`, `denied`: the most was reached. */
  | { readonly not: 'never' | 'asked' | 'times' | 'total' | 'denied' }
  | { readonly not: 'early'; readonly from: Date }

/**
 * What one more extension would add: the usual step, or what is left of the total. `rules` are null where none is allowed.
 * Nobody is asked where the catalog says so and it stays within `agreedMs`, from the start to the new end.
 */
export function mayExtend(
  grant: Active,
  rules: ExtendRules | null,
  now: Date,
  agreedMs = Infinity,
): MayExtend {
  if (rules === null || grant.window !== null || grant.isBreakGlass || grant.isStanding || grant.isSession)
    return { not: 'never' }
  if (waitingExtension(grant) !== null) return { not: 'asked' }
  if (added(grant).length >= rules.maxTimes) return { not: 'times' }
  const leftMs = Math.min(rules.totalMs - totalMs(grant), openMs(grant))
  if (leftMs <= 0) return { not: 'total' }
  const from = new Date(grant.endsAt.getTime() - totalMs(grant) * (1 - rules.afterShare))
  if (now < from) return { not: 'early', from }
  const addMs = Math.min(rules.stepMs, leftMs)
  const isReviewed = rules.isReviewed || totalMs(grant) + addMs > agreedMs
  const denied = grant.extensions.filter(({ outcome }) => outcome === 'denied')
  return isReviewed && denied.length >= mostDenied ? { not: 'denied' } : { addMs, isReviewed }
}

/**
 * How long it may be held in all before somebody is asked again: what its rule approves at most, what was agreed to
 * ahead, and the shorter time that an approver chose. Whoever approved it as it was asked leaves more to the catalog.
 */
export function agreedMs(
  { auto, reviews, askedMs }: Grant,
  { auto: rules }: Pick<Entitlement, 'auto'>,
): number {
  const byRule =
    auto === null ? Infinity : (rules.find(({ because }) => because === auto.because)?.maxMs ?? 0)
  const byPeople = reviews
    .filter(({ verdict }) => verdict === 'approve')
    .map(({ durationMs, mostMs }) => mostMs ?? (durationMs < askedMs ? durationMs : Infinity))
  return Math.min(byRule, ...byPeople)
}

/** How long the catalog's own window is still open after the end. */
const openMs = ({ notAfter, endsAt }: Active): number =>
  notAfter === null ? Infinity : notAfter.getTime() - endsAt.getTime()

/** What waits for a review, if anything does. */
export const waitingExtension = ({ extensions }: Approved): Extension | null =>
  extensions.find(({ outcome }) => outcome === 'asked') ?? null

export interface Lasting {
  readonly durationMs: number
  readonly extensions: readonly { readonly outcome: string; readonly addMs: number }[]
}

/** From its start to its end, with what was added. */
export const totalMs = (grant: Lasting): number =>
  added(grant).reduce((sum, { addMs }) => sum + addMs, grant.durationMs)

/** Asked with the end that was seen: what was extended meanwhile, by a second click or another device, is not again. */
export function extend(grant: Grant, event: Extend, now: Date): Grant | Refusal {
  if (grant.status === 'revoking') return refuse('too-late', { grant })
  if (grant.status !== 'active') return refuse('not-held', { grant })
  if (grant.endsAt.getTime() !== event.seenEndsAt.getTime()) return refuse('extended-already', { grant })
  const may = mayExtend(grant, event.rules, now, event.agreedMs)
  if ('not' in may) return refuse(`extend-${may.not}`, { grant })
  const { by, needs, confirmation = null } = event
  const asked = { askedAt: now, by, confirmation, addMs: may.addMs, needs, approvedBy: [], deniedBy: null }
  const held = withAllowed(grant, event, now)
  return may.isReviewed
    ? { ...held, extensions: [...held.extensions, { ...asked, outcome: 'asked' }] }
    : moved({ ...held, extensions: [...held.extensions, { ...asked, outcome: 'added' }] }, may.addMs, now)
}

/** The yes by which time is added is a word like any other. */
const withAllowed = (grant: Active, { allowedAt }: Extend | AnswerExtension, now: Date): Active =>
  allowedAt !== undefined && keepsWord(grant) ? withWord(grant, { is: 'yes', at: allowedAt }, now) : grant

/** The old end stands until enough have said yes; one no settles it. */
export function countAnswer(grant: Grant, event: AnswerExtension, now: Date): Grant | Refusal {
  if (grant.status === 'revoking') return refuse('too-late', { grant })
  if (grant.status !== 'active') return refuse('not-held', { grant })
  const asked = waitingExtension(grant)
  if (asked === null || asked.askedAt.getTime() !== event.askedAt.getTime())
    return refuse('extension-decided', { grant })
  const { by, rules, stage, as, stages, voided } = event
  if ([grant.requester, grant.subject, asked.by].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  const become = (change: Partial<Extension>): Active => ({
    ...grant,
    extensions: grant.extensions.map((one) => (one === asked ? { ...one, ...change } : one)),
  })
  if (event.verdict === 'deny') return become({ outcome: 'denied', deniedBy: by })
  const counting = asked.approvedBy.filter(({ id }) => !voided.includes(id))
  const hasAnswered = counting.some((one) => isSameHuman(one, by))
  // Once the rules ask for no more than said yes, whichever of them says so again.
  if (hasAnswered && openStage(seatsFilled(counting), stages) !== null)
    return refuse('already-reviewed', { grant })
  const { confirmation = null } = event
  const approvedBy = hasAnswered ? counting : [...counting, { ...by, stage, as, confirmation }]
  const needs = seatsOf(stages)
  if (openStage(seatsFilled(approvedBy), stages) !== null) return become({ needs, approvedBy })
  // The rules of now: they may have become stricter since it was asked.
  const may = mayExtend(become({ outcome: 'lapsed' }), rules, now)
  if ('not' in may) return refuse(`extend-${may.not}`, { grant })
  const addMs = Math.min(may.addMs, asked.addMs)
  return moved(withAllowed(become({ needs, approvedBy, addMs, outcome: 'added' }), event, now), addMs, now)
}

/** As reviews of the request are counted. */
export const seatsFilled = (approvedBy: readonly { readonly stage: number }[]) =>
  approvedBy.map(({ stage }) => ({ stage, verdict: 'approve' as const }))

/** What nobody answered before the end is settled by the end. */
export const withoutWaiting = (extensions: readonly Extension[]): Extension[] =>
  extensions.map((one) => (one.outcome === 'asked' ? { ...one, outcome: 'lapsed' } : one))

/** Its end, later by so much; the system is to be told. */
export function moved(grant: Active, addMs: number, now: Date): Active {
  const endsAt = new Date(grant.endsAt.getTime() + addMs)
  const leftMs = endsAt.getTime() - now.getTime()
  return {
    ...grant,
    endsAt,
    owed: owedFor({ ...grant, endsAt }, now),
    warnAt: warnAt({ ...grant, endsAt }, leftMs),
    warnedAt: null,
  }
}

const added = ({ extensions }: Lasting) => extensions.filter(({ outcome }) => outcome === 'added')
