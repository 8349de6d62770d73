import type { KnownBlock, ModalView } from '@slack/types'
import { findEntitlement, type Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import { breakGlass } from '../../operations/break-glass.ts'
import { reasonLength } from '../../operations/request.ts'
import { answerUnopened, tellClicker } from '../replies/answer-click.ts'
import { button, buttonRow, form, plain, section } from '../words/blocks.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import { plainWords } from '../words/mrkdwn.ts'
import { offerKey } from './offers.ts'
import type { Parts } from '../parts.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'

/** "Break glass": the way in from the request form, the form that must be typed into, and what sending it does. */

const callbackId = 'break_glass'
const title = 'Break glass'
const openId = 'break_glass_open'
const fields = { duration: 'glass_duration', reason: 'glass_reason', typed: 'glass_typed' } as const

/** At the end of the request form, where the catalog allows it. */
export const breakGlassWay = (entitlement: Entitlement): KnownBlock[] =>
  entitlement.breakGlass === null
    ? []
    : buttonRow(
        [
          button(openId, 'Emergency: break glass…', offerKey(entitlement), 'Break glass', {
            style: 'danger',
          }),
        ],
        'break_glass',
      )

function formView(entitlement: Entitlement, { maxMs }: { maxMs: number }): ModalView {
  const { choicesMs, defaultMs } = entitlement.duration
  const preselected = Math.min(defaultMs, maxMs)
  const choices = [...new Set([...choicesMs.filter((ms) => ms <= maxMs), preselected, maxMs])]
  const options = choices
    .sort((a, b) => a - b)
    .map((ms) => ({ text: plain(formatDuration(ms), 75), value: String(ms) }))
  const initial = options.find(({ value }) => value === String(preselected))
  const name = plainWords(entitlement.name, 60)
  const where = plainWords(entitlement.resource.name, 60)
  return form({
    callbackId,
    metadata: offerKey(entitlement),
    title,
    submit: 'Break glass',
    close: 'Back',
    blocks: [
      section(
        `You get *${name}* on *${where}* at once, and nobody is asked first. Its channel and its admins are told now, and one of them reviews it afterwards.`,
      ),
      {
        type: 'input',
        block_id: fields.duration,
        label: plain('For how long?', 2_000),
        element: {
          type: 'static_select',
          action_id: fields.duration,
          options: options.slice(0, 100),
          ...(initial ? { initial_option: initial } : {}),
        },
      },
      {
        type: 'input',
        block_id: fields.reason,
        label: plain('What is the emergency?', 2_000),
        element: {
          type: 'plain_text_input',
          action_id: fields.reason,
          multiline: true,
          min_length: reasonLength.least,
          max_length: reasonLength.most,
          focus_on_load: true,
        },
      },
      {
        type: 'input',
        block_id: fields.typed,
        label: plain(`Type "${entitlement.name}" to go on`, 2_000),
        element: { type: 'plain_text_input', action_id: fields.typed, max_length: 100 },
      },
    ],
  })
}

export function listenToBreakGlass(parts: Parts): void {
  const { app, world, clients, log } = parts

  app.action(openId, async ({ ack, body }) => {
    await ack()
    const click = parseClick(body)
    try {
      const [resource = '', id = ''] = click.value.split('/')
      const entitlement = findEntitlement(world.catalog(), resource, id)
      if (!entitlement?.breakGlass) return
      const view = formView(entitlement, entitlement.breakGlass)
      await clients.interactive.views.push({ trigger_id: click.triggerId, view })
    } catch (error) {
      await answerUnopened({ log }, tellClicker(parts, click), error)
    }
  })

  app.view(callbackId, async ({ ack, body }) => {
    const { userId, viewId, metadata, field } = parseInView(body)
    const [resource = '', entitlement = ''] = metadata.split('/')
    const emergency = {
      requestId: viewId,
      resource,
      entitlement,
      durationMs: Number(field(fields.duration)),
      reason: field(fields.reason) ?? '',
      typed: field(fields.typed) ?? '',
    }
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title,
      fieldFor: ({ refused }) =>
        refused === 'bad-typed' ? fields.typed : refused === 'bad-duration' ? fields.duration : fields.reason,
      work: (by) => breakGlass(world, { ...emergency, by }),
      confirms: () => ({ kind: 'break-glass', ...emergency }),
    })
  })
}
