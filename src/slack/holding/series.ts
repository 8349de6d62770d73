import type { Button } from '@slack/types'
import { z } from 'zod'
import type { Grant, Recurring } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import { skipWindow } from '../../operations/skip-window.ts'
import { stopSeries } from '../../operations/stop-series.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { button } from '../words/blocks.ts'
import { spelled } from '../words/mrkdwn.ts'
import { nextOf } from '../words/series-words.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'

/** Recurring windows: which are open, and the buttons that skip one or stop them all. */

export const seriesActions = { skip: 'series_skip', stop: 'series_stop' } as const

/** Skip the one that is said to open next, or stop them all; `windows` are those that have not ended. */
export function seriesButtons(series: Recurring, windows: readonly Grant[]): Button[] {
  const { stop } = series
  const next = nextOf(series, windows)
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
    const { value } = click
    const [grantId = '', index] = valueSchema.parse(value)
    await answerClick(parts, answerTo(parts, click, respond), (by) =>
      skipWindow(world, { grantId, by, index: Number(index) }),
    )
  })
  app.action(seriesActions.stop, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const { value } = click
    const [grantId = ''] = valueSchema.parse(value)
    await answerClick(parts, answerTo(parts, click, respond), (by) => stopSeries(world, { grantId, by }))
  })
}
