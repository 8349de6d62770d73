import { isApproved, type Grant } from './grant.ts'
import { postureDueAt } from './devices/posture.ts'
import { earliest } from './instants.ts'
import { seriesDueAt } from './series.ts'
import { nudgeDueAt } from './stages.ts'
import { renewsAt } from './standing.ts'

/** The one timer of a grant: the next instant at which it needs someone. */
export function dueOf(grant: Grant): Date | null {
  const reminder = isApproved(grant) ? (grant.afterReview?.remindAt ?? null) : null
  const own = ownDue(grant)
  return own === null ? reminder : earliest(own, reminder)
}

function ownDue(grant: Grant): Date | null {
  switch (grant.status) {
    case 'pending':
      return earliest(grant.lapsesAt, nudgeDueAt(grant))
    case 'waiting':
      return grant.opensAt
    case 'recurring':
      return seriesDueAt(grant)
    case 'granting':
      return earliest(grant.retryAt, grant.alertAt, grant.endsAt)
    case 'active':
      return earliest(
        grant.isStanding ? renewsAt(grant) : grant.endsAt,
        grant.warnAt,
        grant.owed?.retryAt ?? null,
        postureDueAt(grant.posture),
      )
    case 'revoking':
      return earliest(grant.retryAt, grant.alertAt)
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
    case 'ended':
      return null
  }
}
