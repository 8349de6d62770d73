import type { ModalView } from '@slack/types'
import { noteLength, reviewGrant } from '../operations/review.ts'
import { answerUnopened, type Tell } from './answers.ts'
import { plain } from './blocks.ts'
import { parseCardValue } from './card-value.ts'
import { answerSubmission } from './modal-submission.ts'
import type { Parts } from './parts.ts'
import { parseInView, type Click } from './payloads.ts'

const callbackId = 'deny'
const field = 'note'

export async function openDeny({ clients, log }: Parts, click: Click, tell: Tell): Promise<void> {
  try {
    await clients.interactive.views.open({ trigger_id: click.triggerId, view: view(click.value) })
  } catch (error) {
    await answerUnopened({ log }, tell, error)
  }
}

const view = (metadata: string): ModalView => ({
  type: 'modal',
  callback_id: callbackId,
  private_metadata: metadata,
  title: plain('Deny', 24),
  submit: plain('Deny', 24),
  close: plain('Cancel', 24),
  blocks: [
    {
      type: 'input',
      block_id: field,
      label: plain('Why?', 2_000),
      hint: plain('They will read this.', 2_000),
      element: {
        type: 'plain_text_input',
        action_id: field,
        multiline: true,
        min_length: noteLength.least,
        max_length: noteLength.most,
        focus_on_load: true,
      },
    },
  ],
})

export function listenToDeny(parts: Parts): void {
  parts.app.view(callbackId, async ({ ack, body }) => {
    const { by, viewId, metadata, field: value } = parseInView(body)
    const { grantId, terms } = parseCardValue(metadata)
    const answer = { grantId, by, terms, verdict: 'deny', note: value(field), durationMs: null } as const
    await answerSubmission({
      ...{ parts, ack, viewId, title: 'Deny' },
      fieldFor: () => field,
      work: () => reviewGrant(parts.world, answer),
    })
  })
}
