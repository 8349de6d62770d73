import type { Confirmation } from './confirmation.ts'
import { startGiving } from './giving.ts'
import {
  offeredMs,
  type AnsweredAs,
  type Grant,
  type GrantPlace,
  type Granting,
  type Nudge,
  type Pending,
  type Recurring,
  type Review,
  type Waiting,
} from './grant.ts'
import { after } from './instants.ts'
import { isSameHuman, type PersonRef } from './person.ts'
import { refuse, type Refusal } from './refusal.ts'
import { startSeries } from './series.ts'
import { openStage, seatsOf, startNudges, type StageRules } from './stages.ts'

/** What giving would need, resolved now. */
export interface Terms {
  readonly system: string
  readonly place: GrantPlace
  readonly warnMs: number | null
  readonly alertMs: number
}

export type AnswerEvent =
  | {
      type: 'approve'
      by: PersonRef
      note: string | null
      durationMs: number
      /** Which stage it answers, and all stages, by the rules of now. */
      stage: number
      stages: readonly StageRules[]
      /** By which of that stage's lists. */
      as: AnsweredAs
      /** Ids of earlier approvers who may not approve any more. */
      voided: readonly string[]
      /** Used if this approval is the last one. */
      terms: Terms
      /** That it was they; null where the catalog does not ask for that. */
      confirmation?: Confirmation | null
      /** It was given ahead, for at most so long. */
      ahead?: { readonly preApprovalId: string; readonly mostMs: number }
    }
  | { type: 'deny'; by: PersonRef; note: string }

/** A rule of the catalog approves what was asked for. */
export type AutoApproveEvent = { type: 'auto-approve'; rule: NonNullable<Grant['auto']>; terms: Terms }

/** The yeses of before are counted by the rules and lists of now: nobody answered since these changed. */
export interface RecountEvent {
  readonly type: 'recount'
  readonly stages: readonly StageRules[]
  /** Ids of approvers who may not approve any more. */
  readonly voided: readonly string[]
  /** Used if no seat is empty; null: it cannot be given now, whoever said yes. */
  readonly terms: Terms | null
}

/** One reviewer's answer. Nobody fills two seats; nobody reviews their own request, nor one made for them. */
export function review(grant: Grant, event: AnswerEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'pending') return refuse('decided', { grant })
  const { by } = event
  if (now >= grant.lapsesAt)
    return refuse('decided', { grant: { ...grant, status: 'lapsed', closedAt: grant.lapsesAt } })
  if ([grant.requester, grant.subject].some((one) => isSameHuman(one, by)))
    return refuse('own-request', { grant })
  const voided = event.type === 'approve' ? event.voided : []
  const counting = grant.reviews.filter((r) => !voided.includes(r.by.id))
  if (counting.some((r) => isSameHuman(r.by, by))) return refuse('already-reviewed', { grant })
  const { lapsesAt: _lapsesAt, nudge: _nudge, ...asked } = grant
  if (event.type === 'deny') {
    const { note } = event
    const stage = grant.nudge?.stage ?? 0
    const answer: Review = {
      by,
      verdict: 'deny',
      note,
      durationMs: offeredMs(grant),
      stage,
      as: null,
      preApprovalId: null,
      mostMs: null,
      confirmation: null,
      at: now,
    }
    return { ...asked, reviews: [...grant.reviews, answer], status: 'denied', closedAt: now }
  }
  const { note, durationMs: agreedMs, stage, stages, as } = event
  const { preApprovalId, mostMs } = event.ahead ?? { preApprovalId: null, mostMs: null }
  const answer: Review = {
    by,
    verdict: 'approve',
    note,
    durationMs: agreedMs,
    stage,
    as,
    preApprovalId,
    mostMs,
    confirmation: event.confirmation ?? null,
    at: now,
  }
  const reviewed = { ...grant, needs: seatsOf(stages), reviews: [...counting, answer] }
  const open = openStage(reviewed.reviews, stages)
  if (open !== null) return { ...reviewed, nudge: nudgeAt(grant, open, stages, now) }
  return approved(reviewed, event.terms, now)
}

export const autoApprove = (grant: Grant, { rule, terms }: AutoApproveEvent, now: Date): Grant | Refusal =>
  grant.status === 'pending' && now < grant.lapsesAt && grant.pattern === null
    ? approved({ ...grant, auto: rule }, terms, now)
    : refuse('decided', { grant })

/** Another stage is open than the one that was called, or none any more; refused where all is as it was. */
export function recount(grant: Grant, event: RecountEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'pending' || now >= grant.lapsesAt) return refuse('decided', { grant })
  const { stages, voided, terms } = event
  const reviews = grant.reviews.filter(({ by }) => !voided.includes(by.id))
  const needs = seatsOf(stages)
  const open = openStage(reviews, stages)
  if (open === null)
    return terms === null ? refuse('decided', { grant }) : approved({ ...grant, needs, reviews }, terms, now)
  const rules = stages[open]
  if (rules === undefined || grant.nudge?.stage === open) return refuse('decided', { grant })
  return { ...grant, needs, nudge: startNudges(open, rules, now, again(grant.nudge?.recounts ?? 0)) }
}

/** From here on it is to be given: now, at its start, or window by window. */
function approved(grant: Pending, terms: Terms, now: Date): Waiting | Granting | Recurring {
  const { lapsesAt: _lapsesAt, nudge: _nudge, ...asked } = grant
  const startsAt = grant.startsAt ?? now
  const durationMs = withinWindow(grant, startsAt, offeredMs(grant))
  const kept = {
    ...asked,
    ...terms,
    approvedAt: now,
    durationMs,
    endsAt: after(startsAt, durationMs),
    extensions: [],
    afterReview: null,
    posture: null,
  }
  if (grant.pattern !== null) {
    const pattern = { ...grant.pattern, durationMs }
    return { ...kept, pattern, ...startSeries(pattern, now) }
  }
  return startsAt > now
    ? { ...kept, status: 'waiting', opensAt: startsAt }
    : { ...kept, ...startGiving(kept, now, now) }
}

/** A stage that opens calls its approvers, one that is open again once more; one that stays open goes on as it was. */
function nudgeAt({ nudge }: Pending, stage: number, stages: readonly StageRules[], now: Date): Nudge | null {
  const rules = stages[stage]
  if (nudge?.stage === stage || rules === undefined) return nudge
  const recounts = nudge?.recounts ?? 0
  return startNudges(stage, rules, now, nudge !== null && stage < nudge.stage ? again(recounts) : recounts)
}

/** However often lists go to and fro: nobody is called for it more often than this. */
const mostRecounts = 3
const again = (recounts: number): number => Math.min(recounts + 1, mostRecounts)

/** The catalog's own window may end sooner. */
const withinWindow = ({ notAfter }: Pending, startsAt: Date, durationMs: number): number =>
  Math.min(durationMs, (notAfter ?? after(startsAt, durationMs)).getTime() - startsAt.getTime())
