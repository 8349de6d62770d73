import type { ModalView } from '@slack/types'
import type { PersonRef } from '../../domain/person.ts'
import { refuse } from '../../domain/refusal.ts'
import { reviewLines } from '../../operations/review-lines.ts'
import { noteLength } from '../../operations/review.ts'
import { answerUnopened, type Tell } from '../replies/answer-click.ts'
import { form, plain } from '../words/blocks.ts'
import { parseCardValues } from './card-value.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import type { Parts } from '../parts.ts'
import { parseInView, type Click } from '../wire/payloads.ts'

const callbackId = 'deny'
const field = 'note'

export async function openDeny({ clients, log }: Parts, click: Click, tell: Tell): Promise<void> {
  try {
    await clients.interactive.views.open({ trigger_id: click.triggerId, view: view(click.value) })
  } catch (error) {
    await answerUnopened({ log }, tell, error)
  }
}

const view = (metadata: string): ModalView =>
  form({
    callbackId,
    metadata,
    title: 'Deny',
    submit: 'Deny',
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
    const { userId, viewId, metadata, field: value } = parseInView(body)
    const note = value(field)
    const answersOf = (by: PersonRef) =>
      parseCardValues(metadata).map((line) => ({
        ...line,
        by,
        verdict: 'deny' as const,
        note,
        durationMs: null,
      }))
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title: 'Deny',
      fieldFor: () => field,
      work: async (by) => {
        const { answered, refused } = await reviewLines(parts.world, answersOf(by))
        return answered[0] ?? refused[0] ?? refuse('not-found')
      },
    })
  })
}
