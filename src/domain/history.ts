import type { Event } from './event.ts'
import { waitingExtension } from './extension.ts'
import { isApproved, type Grant, type HistoryLine } from './grant.ts'
import type { PersonRef } from './person.ts'
import { seriesHistory } from './series.ts'

/** What the history says of this event; null where it says nothing. */
export function historyLine(before: Grant, next: Grant, event: Event, now: Date): HistoryLine | null {
  const line = (what: string, by: PersonRef | null = null, note: string | null = null) => ({
    at: now,
    what,
    by,
    note,
  })
  switch (event.type) {
    case 'approve':
    case 'deny':
    case 'withdraw':
      return line(event.type, event.by, 'note' in event ? event.note : null)
    case 'auto-approve':
      return line('approved by a rule', null, event.rule.because)
    case 'recount':
      return line(
        next.status === 'pending' ? 'recounted: another stage is asked' : 'recounted: enough said yes',
      )
    case 'drop':
      return line('closed', null, event.note)
    case 'end':
      return line(`end: ${event.cause}`, event.by, event.note)
    case 'taken':
      return line(`taken: ${event.left}`)
    case 'given':
      return line(event.heldBefore ? 'given: was held before' : 'given')
    case 'try-now':
      return line('try now', event.by)
    case 'extend':
      return line(isApproved(next) && waitingExtension(next) ? 'more time asked for' : 'extended', event.by)
    case 'answer-extension':
      return line(event.verdict === 'deny' ? 'more time denied' : 'more time approved', event.by)
    case 'alert':
      return line('late', null, isApproved(next) && 'lastError' in next ? next.lastError : null)
    case 'made':
    case 'skip':
    case 'windows-open':
    case 'windows-over':
      return seriesHistory(before, next, event, now)
    case 'close-review':
      return line('review closed', event.by, event.note)
    case 'remind':
      return line('review owed')
    case 'nudge':
      return line(isEscalation(before, next) ? 'escalated' : 'reminded')
    case 'lapse':
    case 'open':
    case 'renew':
    case 'warn':
      return line(event.type)
    case 'failed':
    case 'busy':
    case 'told':
      return null
  }
}

const isEscalation = (before: Grant, next: Grant): boolean =>
  before.status === 'pending' &&
  next.status === 'pending' &&
  before.nudge?.escalatedAt !== next.nudge?.escalatedAt
