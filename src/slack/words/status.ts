import { whoWithdrew } from '../../domain/closing.ts'
import { triesWords } from '../../domain/debt.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Approved, Ended, Grant, Granting, Revoking } from '../../domain/grant.ts'
import { clockTime, plainWords, spelled, when } from './mrkdwn.ts'
import { approverWords, named, withdrawnVerb, type Naming } from './who.ts'
import { seriesEndLine, seriesLine, seriesWord } from './series-words.ts'

/** Ends are prepared a little ahead; until their instant the card shows what still is. */
export const isStillHeld = (grant: Revoking, now: Date): boolean => grant.takeAt > now
const isSlow = (grant: Revoking, now: Date): boolean => now.getTime() - grant.takeAt.getTime() > 10_000

/**
 * The card's line of status, the whole truth of this moment; null while nothing was decided. `windows` are those of a
 * series that have not ended.
 */
export function statusLine(
  grant: Grant,
  now: Date,
  { windows = [], name = named }: { windows?: readonly Grant[]; name?: Naming } = {},
): string | null {
  const last = grant.reviews.at(-1)
  const by = approverWords(grant, name)
  const how = grant.isBreakGlass ? 'Nobody was asked' : `Approved by ${by}`
  switch (grant.status) {
    case 'pending':
      return last ? `${grant.reviews.length} of ${grant.needs}: ${by} ${clockTime(last.at)}` : null
    case 'denied':
      return `Denied by ${by} ${clockTime(grant.closedAt)}: ${plainWords(last?.note ?? '', 500)}`
    case 'withdrawn':
      if (grant.closedBecause !== null) return `Closed: ${plainWords(grant.closedBecause, 100)}`
      return grant.supersededBy === null
        ? `${withdrawnVerb(grant)} by ${name(whoWithdrew(grant))}`
        : `Withdrawn: ${name(grant.requester)} asked again`
    case 'lapsed':
      return `Nobody answered in ${formatDuration(grant.lapsesAt.getTime() - grant.requestedAt.getTime())}`
    case 'waiting':
      return opensLine(grant, grant.opensAt, by)
    case 'recurring':
      return seriesLine(grant, { by, windows, name })
    case 'granting':
      if (grant.giveAt > now) return opensLine(grant, grant.giveAt, by)
      return grant.alertedAt === null
        ? `${how} ${clockTime(grant.approvedAt)}. ${grant.isAway ? waitsFor(grant) : 'Giving access…'}`
        : `${how} ${clockTime(grant.approvedAt)}. *Not given yet*: ${tried(grant)}`
    case 'active':
      return activeLine(grant.endsAt, how)
    case 'revoking':
      return revokingLine(grant, how, now)
    case 'ended':
      return `${grant.pattern === null ? endedLine(grant, name) : seriesEndLine(grant, name)}. ${leftLine(grant)}`
  }
}

const opensLine = ({ approvedAt, endsAt }: Approved, opensAt: Date, by: string): string =>
  `Approved by ${by} ${clockTime(approvedAt)}. Opens ${when(opensAt)}, until ${when(endsAt)}`

const activeLine = (endsAt: Date, how: string): string => `Active until ${when(endsAt)}. ${how}`

function revokingLine(grant: Revoking, how: string, now: Date): string {
  if (isStillHeld(grant, now)) return activeLine(grant.endsAt, how)
  if (isLate(grant, now)) {
    return grant.mayAppearUntil === null
      ? `*STILL HELD*, due ${clockTime(grant.takeAt)}. ${tried(grant)}`
      : `*NOT CERTAIN YET*, due ${clockTime(grant.takeAt)}. ${mayAppear(grant.mayAppearUntil)}`
  }
  if (grant.cause === 'failed')
    return `Could not give: ${plainWords(grant.endNote ?? '', 300)}. Checking that nothing is left…`
  return `Taking access back since ${clockTime(grant.takeAt)}…`
}

/** It is not there, and an earlier call may still give it. */
export const mayAppear = (until: Date): string =>
  `It is not held; a call that was not answered may still give it, until ${clockTime(until)}: it is checked again then`

/** It was approved, and cannot be given as its system does not answer. */
export const waitsFor = ({ resource }: Pick<Granting, 'resource'>): string =>
  `Waiting for *${plainWords(resource.name, 60)}*, which does not answer.`

const tried = ({ tries, lastError, retryAt }: Pick<Revoking, 'tries' | 'lastError' | 'retryAt'>): string =>
  `${triesWords(tries)}, last: ${plainWords(lastError ?? 'no answer', 200)}. Next ${clockTime(retryAt)}`

function endedLine(grant: Ended, name: Naming): string {
  const at = clockTime(grant.endedAt)
  const by = grant.endedBy ? name(grant.endedBy) : ''
  switch (grant.cause) {
    case 'expired':
      return `Ended ${at} (time was up)`
    case 'released':
      return `Ended ${at} (returned)`
    case 'revoked':
      return `Ended ${at} (ended by ${by})`
    case 'unmatched':
    case 'offboarded':
    case 'removed':
    case 'unfit':
      return `Ended ${at} (${plainWords(grant.endNote ?? 'removed from the catalog', 300)})`
    case 'failed':
      return `Could not give: ${plainWords(grant.endNote ?? '', 300)}`
  }
}

export function leftLine(grant: Ended): string {
  switch (grant.left) {
    case 'gone':
      return grant.cause === 'failed' ? 'Checked: nothing held' : 'Checked: gone'
    case 'never-given':
      return 'Nothing was given'
    case 'kept-for-grant':
      return `Still held through another grant${grant.keptUntil ? ` until ${when(grant.keptUntil)}` : ''}`
    case 'kept-before':
      return 'Held before Curfew; left in place'
  }
}

export function statusWord(grant: Grant, now: Date): string {
  switch (grant.status) {
    case 'waiting':
      return `approved, opens ${spelled(grant.opensAt)}`
    case 'recurring':
      return seriesWord(grant)
    case 'granting':
      return grant.isAway ? `waiting for ${grant.resource.name}` : 'giving access'
    case 'active':
      return `active until ${spelled(grant.endsAt)}`
    case 'revoking':
      if (isStillHeld(grant, now)) return `active until ${spelled(grant.endsAt)}`
      if (grant.alertedAt === null) return 'taking access back'
      return grant.mayAppearUntil === null ? 'STILL HELD past its end' : 'not held, and not certain yet'
    case 'ended':
      return `ended ${spelled(grant.endedAt)}`
    case 'pending':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return grant.status
  }
}

/** Late enough that people should know: an alert was raised, or a try failed and ten seconds have passed. */
export const isLate = (grant: Revoking, now: Date): boolean =>
  grant.alertedAt !== null || (grant.tries > 0 && isSlow(grant, now))
