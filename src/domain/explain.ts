import { formatDuration } from './duration.ts'
import { lacksInWords } from './devices/lack-words.ts'
import type { Open } from './grant.ts'
import type { Reason } from './policy.ts'

/** A reason as one clause, without a full stop: "it is for at most 2 h". Rules keep the catalog's own words. */
export function explain(reason: Reason): string {
  switch (reason.kind) {
    case 'rule':
      return reason.answer === 'unknown'
        ? `could not find out whether ${reason.source}`
        : `the rule is ${reason.source}`
    case 'gone':
      return 'it is not in the catalog any more'
    case 'no-break-glass':
      return 'it may not be had without an approval any more'
    case 'not-here':
      return 'they are not in this workspace any more'
    case 'stranger':
      return 'the company directory does not know them'
    case 'in-question':
      return 'an admin is to say first whether they are who the company directory says'
    case 'not-by-itself':
      return `the rule "${reason.because}" does not approve it any more`
    case 'external':
      return 'it is for members of this workspace only'
    case 'no-principal':
      return reason.why
    case 'unread-email':
      return 'Slack does not say now which verified e-mail they have'
    case 'unfit':
      return lacksInWords(reason.lacks, reason.at)
    case 'unread-devices':
      return 'which devices they have cannot be read now'
    case 'moved':
      return 'the catalog now gives something else than what was approved'
    case 'too-long':
      return `it is for at most ${formatDuration(reason.maxMs)}`
    case 'outside':
      return `it is to be had only ${reason.windows}`
    case 'not-listed':
      return `only ${reason.people} can answer this`
    case 'unread-approvers':
      return 'Slack does not say now which of its approvers are here, so whether others may answer'
    case 'left-lately':
      return `the company directory took them out of ${reason.group} a moment ago, and may be about to put them back`
    case 'unread-manager':
      return 'it cannot be found out now who manages them'
    case 'unlisted-group':
      return `${reason.group.startsWith('@') ? 'Slack' : 'The company directory'} has no group ${reason.group} any more (renamed, or disabled): the admins can mend the catalog`
    case 'unreadable-group':
      return `Slack does not say now who is in ${reason.group}`
  }
}

export const explainAll = (reasons: readonly Reason[]): string => reasons.map(explain).join('; ')

/** How far something is that is not over: "approved, opens later". */
export const howFar: Record<Open['status'], string> = {
  pending: 'asked for, waits for an answer',
  waiting: 'approved, opens later',
  recurring: 'approved, in windows',
  granting: 'approved, is being given',
  active: 'held',
  revoking: 'is being taken back',
}
