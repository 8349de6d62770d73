import type { Button } from '@slack/types'
import { z } from 'zod'
import { type Ended, type Grant, type Recurring } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { isWindowOf, windowsToCome } from '../../domain/series.ts'
import { describePattern } from '../../domain/windows/pattern.ts'
import { skipWindow } from '../../operations/skip-window.ts'
import { stopSeries } from '../../operations/stop-series.ts'
import type { World } from '../../operations/world.ts'
import { answerClick, tellClicker } from '../replies/answer-click.ts'
import { button } from '../words/blocks.ts'
import { clockTime, plainWords, spelled, when } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import type { Naming } from '../words/who.ts'
import { parseClick } from '../wire/payloads.ts'

/** Recurring windows: their words on the card and in the holder's DMs, and the buttons that skip one or stop them all. */

export const seriesActions = { skip: 'series_skip', stop: 'series_stop' } as const

/** The windows of a series that have not ended, the newest last. */
export async function openWindows(world: World, series: Grant): Promise<Grant[]> {
  if (series.pattern === null) return []
  return openWindowsAmong(await world.grants.openOf(series.subject.id), series)
}

export function openWindowsAmong(open: readonly Grant[], series: Grant): Grant[] {
  const windows = open.filter((one) => isWindowOf(one, series.id))
  return windows.sort((a, b) => (a.window?.index ?? 0) - (b.window?.index ?? 0))
}

/** "every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2027"; null for what was asked for once. */
export const patternWords = ({ pattern }: Grant): string | null =>
  pattern && plainWords(describePattern(pattern), 200)

/** When it opens next: `windows` are those that have not ended, of which one may be just about to open. */
export function nextWords(series: Recurring, windows: readonly Grant[]): string {
  const coming = windows.find(({ status }) => status === 'waiting')
  const opensAt = coming?.startsAt ?? series.next?.opensAt ?? null
  if (opensAt === null) return windows.length > 0 ? 'This is the last window.' : 'That was the last window.'
  const left = windowsToCome(series) + (coming ? 1 : 0)
  return `Next opens ${when(opensAt)}; ${left === 1 ? 'it is the last' : `${left} windows are left`}.`
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

/** Skip the next one, or stop them all. */
export function seriesButtons(series: Recurring): Button[] {
  const { next, stop } = series
  if (stop !== null) return []
  const what = `${series.entitlement.name} for ${plainlyNamed(series.subject)}`
  const skip =
    next === null
      ? []
      : [
          button(
            seriesActions.skip,
            'Skip the next',
            `${series.id}:${next.index}`,
            `Skip the next window of ${what}`,
            {
              sure: {
                title: 'Skip the next?',
                text: `It would open ${spelled(next.opensAt, series.pattern.zone)}. Later ones stay as they are.`,
                yes: 'Skip it',
              },
            },
          ),
        ]
  const sure = {
    title: 'Stop all windows?',
    text: `${series.entitlement.name} opens no more; what is open now is taken back at once.`,
    yes: 'Stop them',
  }
  return [
    ...skip,
    button(seriesActions.stop, 'Stop all', `${series.id}:`, `Stop all windows of ${what}`, {
      style: 'danger',
      sure,
    }),
  ]
}

const valueSchema = z
  .string()
  .regex(/^[^:]+:\d{0,6}$/)
  .transform((value) => value.split(':'))

export function listenToSeries(parts: Parts): void {
  const { app, world } = parts
  app.action(seriesActions.skip, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { by, value } = click
    const [grantId = '', index] = valueSchema.parse(value)
    await answerClick(parts, tellClicker(parts, click, respond), () =>
      skipWindow(world, { grantId, by, index: Number(index) }),
    )
  })
  app.action(seriesActions.stop, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { by, value } = click
    const [grantId = ''] = valueSchema.parse(value)
    await answerClick(parts, tellClicker(parts, click, respond), () => stopSeries(world, { grantId, by }))
  })
}
