import type { Ended, Grant, Recurring } from '../../domain/grant.ts'
import { windowsToCome } from '../../domain/series.ts'
import { describePattern } from '../../domain/windows/pattern.ts'
import { clockTime, plainWords, spelled, when } from './mrkdwn.ts'
import type { Naming } from './who.ts'

/** How recurring windows are told of, on the card, in DMs and on the Home tab. */

/** "every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2027"; null for what was asked for once. */
export const patternWords = ({ pattern }: Grant): string | null =>
  pattern && plainWords(describePattern(pattern), 200)

/** Which window opens next: `windows` are those that have not ended, of which one may be just about to open. */
export function nextOf(series: Recurring, windows: readonly Grant[]): Recurring['next'] {
  const coming = windows.find(({ status }) => status === 'waiting')
  if (coming?.window == null || coming.startsAt === null) return series.next
  return { index: coming.window.index, opensAt: coming.startsAt }
}

export function nextWords(series: Recurring, windows: readonly Grant[]): string {
  const next = nextOf(series, windows)
  if (next === null) return windows.length > 0 ? 'This is the last window.' : 'That was the last window.'
  const left = windowsToCome(series) + (next === series.next ? 0 : 1)
  return `Next opens ${when(next.opensAt)}; ${left === 1 ? 'it is the last' : `${left} windows are left`}.`
}

/** What is to be said of a series on its card, beside what is open of it now. */
export function seriesLine(
  series: Recurring,
  { by, windows, name }: { by: string; windows: readonly Grant[]; name: Naming },
): string {
  if (series.stop !== null) {
    const who = series.stop.by === null ? '' : ` by ${name(series.stop.by)}`
    const why = series.stop.note === null ? '' : `: ${plainWords(series.stop.note, 300)}`
    return `Stopped${who} ${clockTime(series.stop.at)}${why}`
  }
  const { missed } = series
  const gaps = missed === 0 ? '' : ` ${missed} ${missed === 1 ? 'was' : 'were'} missed.`
  return `Approved by ${by} ${clockTime(series.approvedAt)}. ${nextWords(series, windows)}${gaps}`
}

/** How a series ended, for the card. */
export function seriesEndLine({ cause, endedBy, endNote, endedAt }: Ended, name: Naming): string {
  const by = endedBy ? ` by ${name(endedBy)}` : ''
  const why = endNote === null ? '' : `: ${plainWords(endNote, 300)}`
  return cause === 'expired' ? `Over ${clockTime(endedAt)}` : `Stopped${by} ${clockTime(endedAt)}${why}`
}

export function seriesWord(series: Recurring): string {
  if (series.stop !== null) return 'stopped'
  return series.next === null
    ? 'its last window was opened'
    : `approved, next opens ${spelled(series.next.opensAt)}`
}
