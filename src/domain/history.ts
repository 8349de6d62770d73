import { confirmedBy } from './confirmation.ts'
import { isPostureShown, type PostureEvent } from './devices/posture.ts'
import type { Event } from './event.ts'
import { waitingExtension } from './extension.ts'
import { isApproved, type Extension, type Grant } from './grant.ts'
import type { Happened } from './happened.ts'
import { seriesHistory } from './series.ts'

/** What the history keeps of this event; null where it keeps nothing. */
export function entryOf(before: Grant, next: Grant, event: Event, at: Date): Happened | null {
  switch (event.type) {
    case 'approve': {
      const { by, note, stage, durationMs, confirmation } = event
      const voided = voidedOf(
        before.reviews.map((one) => one.by.id),
        event.voided,
      )
      return { type: 'approved', at, by, note, stage, durationMs, ...confirmedBy(confirmation), ...voided }
    }
    case 'deny':
      return { type: 'denied', at, by: event.by, note: event.note }
    case 'withdraw':
      return { type: 'withdrawn', at, by: event.by }
    case 'auto-approve':
      return { type: 'approved-by-rule', at, because: event.rule.because }
    case 'recount':
      return {
        type: 'recounted',
        at,
        stage: next.status === 'pending' ? (next.nudge?.stage ?? 0) : null,
        ...voidedOf(
          before.reviews.map((one) => one.by.id),
          event.voided,
        ),
      }
    case 'drop':
      return { type: 'dropped', at, why: event.note }
    case 'end': {
      const { cause, by, note } = event
      return { type: 'end', at, cause, by, note }
    }
    case 'taken':
      return { type: 'taken', at, left: event.left }
    case 'given':
      return { type: 'given', at, heldBefore: event.heldBefore }
    case 'shown':
      return { type: 'shown', at, by: event.by, on: event.on }
    case 'try-now':
      return { type: 'tried-now', at, by: event.by }
    case 'extend': {
      const asked = isApproved(next) ? waitingExtension(next) : null
      const { by } = event
      return asked
        ? { type: 'more-time-asked', at, by, addMs: asked.addMs }
        : { type: 'extended', at, by, addMs: lastOf(next)?.addMs ?? null }
    }
    case 'confirm-again':
      return { type: 'confirmed', at, by: event.by, method: event.confirmation.method }
    case 'answer-extension': {
      const { by, verdict, confirmation } = event
      if (verdict === 'deny') return { type: 'more-time-denied', at, by }
      const earlier = isApproved(before) ? (waitingExtension(before)?.approvedBy ?? []) : []
      const voided = voidedOf(
        earlier.map(({ id }) => id),
        event.voided,
      )
      return { type: 'more-time-approved', at, by, ...confirmedBy(confirmation), ...voided }
    }
    case 'alert':
      return { type: 'late', at, error: isApproved(next) && 'lastError' in next ? next.lastError : null }
    case 'made':
    case 'skip':
    case 'windows-open':
    case 'windows-over':
      return seriesHistory(before, next, event, at)
    case 'close-review':
      return { type: 'review-closed', at, by: event.by, note: event.note }
    case 'remind':
      return { type: 'review-owed', at }
    case 'nudge':
      return { type: isEscalation(before, next) ? 'escalated' : 'reminded', at }
    case 'lapse':
      return { type: 'lapsed', at }
    case 'open':
      return { type: 'opened', at }
    case 'ours':
      return { type: 'ours', at }
    case 'renew':
      return { type: 'renewed', at }
    case 'warn':
      return { type: 'warned', at }
    case 'posture':
      return postureHistory(before, event, at)
    case 'told':
      return isOursSince(before, next) ? { type: 'ours', at } : null
    case 'allowed':
    case 'failed':
    case 'busy':
      return null
  }
}

const isOursSince = (before: Grant, next: Grant): boolean =>
  before.status === 'active' && before.heldBefore && next.status === 'active' && !next.heldBefore

/** Only of those who had said yes. */
function voidedOf(answered: readonly string[], voided: readonly string[]): { voided?: string[] } {
  const some = answered.filter((id) => voided.includes(id))
  return some.length === 0 ? {} : { voided: some }
}

const lastOf = (grant: Grant): Extension | undefined =>
  isApproved(grant) ? grant.extensions.at(-1) : undefined

const isEscalation = (before: Grant, next: Grant): boolean =>
  before.status === 'pending' &&
  next.status === 'pending' &&
  before.nudge?.escalatedAt !== next.nudge?.escalatedAt

/** That it is fit for longer is nothing to tell. */
function postureHistory(before: Grant, { posture }: PostureEvent, at: Date): Happened | null {
  if (!isPostureShown('posture' in before ? before.posture : null, posture)) return null
  const unfit = posture?.unfit ?? null
  return unfit === null
    ? { type: 'fit-again', at }
    : { type: 'unfit', at, why: unfit.why, cutAt: unfit.cutAt }
}
