import { applyToReview } from './break-glass.ts'
import { close } from './closing.ts'
import { applyToDebt, isFailureShown } from './debt.ts'
import { noted } from './devices/noted.ts'
import { isPostureShown } from './devices/posture.ts'
import { dueOf } from './due.ts'
import { end, settled } from './ending.ts'
import type { Event } from './event.ts'
import { countAnswer, extend } from './extension.ts'
import { activate, open, show } from './giving.ts'
import type { Grant } from './grant.ts'
import { entryOf } from './history.ts'
import { isRefusal, type Refusal } from './refusal.ts'
import { autoApprove, recount, review } from './review.ts'
import { applyToSeries } from './series.ts'
import { confirmAgain } from './session.ts'
import { nudged } from './stages.ts'
import { renew } from './standing.ts'
import { warn } from './warning.ts'

/**
 * The next grant, or why not. Pure: no clock, no I/O, nothing mutated.
 * Guarantees: `dueAt` is null exactly when the status is final and no review is owed; history only grows; `revision` is the store's.
 */
export function transition(grant: Grant, event: Event, now: Date): Grant | Refusal {
  const next = apply(grant, event, now)
  if (isRefusal(next)) return next
  const entry = entryOf(grant, next, event, now)
  return {
    ...next,
    history: entry === null ? grant.history : [...grant.history, entry],
    dueAt: dueOf(next),
    unshown: grant.unshown || isVisible(grant, next, event, now),
  }
}

function apply(grant: Grant, event: Event, now: Date): Grant | Refusal {
  switch (event.type) {
    case 'approve':
    case 'deny':
      return review(grant, event, now)
    case 'auto-approve':
      return autoApprove(grant, event, now)
    case 'recount':
      return recount(grant, event, now)
    case 'withdraw':
    case 'drop':
    case 'lapse':
      return close(grant, event, now)
    case 'nudge':
      return nudged(grant, event, now)
    case 'open':
      return open(grant, event, now)
    case 'made':
    case 'skip':
    case 'windows-open':
    case 'windows-over':
      return applyToSeries(grant, event, now)
    case 'close-review':
    case 'remind':
      return applyToReview(grant, event, now)
    case 'given':
      return activate(grant, event, now)
    case 'shown':
      return show(grant, event, now)
    case 'renew':
      return renew(grant, event, now)
    case 'confirm-again':
      return confirmAgain(grant, event, now)
    case 'extend':
      return extend(grant, event, now)
    case 'answer-extension':
      return countAnswer(grant, event, now)
    case 'warn':
      return warn(grant, now)
    case 'told':
    case 'ours':
    case 'allowed':
    case 'failed':
    case 'busy':
    case 'alert':
    case 'try-now':
      return applyToDebt(grant, event, now)
    case 'posture':
      return noted(grant, event)
    case 'end':
      return end(grant, event, now)
    case 'taken':
      return settled(grant, event, now)
  }
}

/** What is prepared ahead of its instant shows nothing yet; neither do waiting and counting. */
function isVisible(before: Grant, next: Grant, event: Event, now: Date): boolean {
  if (event.type === 'failed') return isFailureShown(before, next)
  if (event.type === 'posture') return isPostureShown(postureOf(before), event.posture)
  // That a secret can be made now.
  if (event.type === 'told') return secretOf(before) !== secretOf(next)
  if (event.type === 'open') return next.status === 'granting' && next.giveAt <= now
  if (
    event.type === 'busy' ||
    event.type === 'ours' ||
    event.type === 'allowed' ||
    event.type === 'windows-open' ||
    event.type === 'renew'
  )
    return false
  return event.type !== 'end' || event.takeAt <= now
}

const secretOf = (grant: Grant) => (grant.status === 'active' ? grant.secret : null)

const postureOf = (grant: Grant) => ('posture' in grant ? grant.posture : null)
