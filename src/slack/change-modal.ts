import type { ModalView } from '@slack/types'
import { findEntitlement } from '../domain/catalog.ts'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import { offeredMs, type Grant } from '../domain/grant.ts'
import { refuse } from '../domain/refusal.ts'
import { noteLength, reviewGrant } from '../operations/review.ts'
import { answerUnopened, type Tell } from './answers.ts'
import { plain, plainSection } from './blocks.ts'
import { parseCardValue } from './card-value.ts'
import { messageView } from './message-view.ts'
import { answerSubmission } from './modal-submission.ts'
import type { Parts } from './parts.ts'
import { parseInView, type Click } from './payloads.ts'
import { refusalWords } from './refusal-words.ts'

const callbackId = 'change'
const title = 'Approve with changes'
const fields = { duration: 'duration', note: 'note' } as const

/** Opens at once, as triggers live 3 s, and fills in what the database says. */
export async function openChange({ world, clients, log }: Parts, click: Click, tell: Tell): Promise<void> {
  try {
    const { grantId } = parseCardValue(click.value)
    const [opened, grant] = await Promise.all([
      clients.interactive.views.open({ trigger_id: click.triggerId, view: messageView(title, 'Loading…') }),
      world.grants.get(grantId),
    ])
    const view =
      grant === null
        ? messageView(title, refusalWords(refuse('not-found')))
        : changeView(click.value, grant, maxOf(world.catalog(), grant))
    const { id: viewId, hash } = opened.view ?? {}
    if (viewId) await clients.interactive.views.update({ view_id: viewId, view, ...(hash ? { hash } : {}) })
  } catch (error) {
    await answerUnopened({ log }, tell, error)
  }
}

const maxOf = (catalog: Parameters<typeof findEntitlement>[0], grant: Grant): number | null =>
  findEntitlement(catalog, grant.resource.id, grant.entitlement.id)?.duration.maxMs ?? null

const changeView = (metadata: string, grant: Grant, maxMs: number | null): ModalView => ({
  type: 'modal',
  callback_id: callbackId,
  private_metadata: metadata,
  title: plain(title, 24),
  submit: plain('Approve', 24),
  close: plain('Cancel', 24),
  blocks: [
    plainSection(
      `${grant.subject.name} asks for ${grant.entitlement.name} on ${grant.resource.name}, ${formatDuration(grant.askedMs)}.`,
    ),
    {
      type: 'input',
      block_id: fields.duration,
      label: plain('For how long?', 2_000),
      hint: plain(
        `Such as 90m or 2h${maxMs === null ? '' : `; the most is ${formatDuration(maxMs)}`}.`,
        2_000,
      ),
      element: {
        type: 'plain_text_input',
        action_id: fields.duration,
        initial_value: formatDuration(offeredMs(grant)),
        max_length: 40,
        focus_on_load: true,
      },
    },
    {
      type: 'input',
      block_id: fields.note,
      optional: true,
      label: plain('Note', 2_000),
      hint: plain('Posted in the thread of the card.', 2_000),
      element: {
        type: 'plain_text_input',
        action_id: fields.note,
        multiline: true,
        max_length: noteLength.most,
      },
    },
  ],
})

export function listenToChange(parts: Parts): void {
  parts.app.view(callbackId, async ({ ack, body }) => {
    const { by, viewId, metadata, field } = parseInView(body)
    const { grantId, terms } = parseCardValue(metadata)
    const durationMs = parseDuration(field(fields.duration) ?? '')
    const note = field(fields.note)
    await answerSubmission({
      ...{ parts, ack, viewId, title },
      fieldFor: ({ refused }) => (refused === 'bad-note' ? fields.note : fields.duration),
      words: (refusal) =>
        refusal.refused === 'bad-duration' ? durationWords(parts, refusal.grant) : refusalWords(refusal),
      work: async () =>
        durationMs === null
          ? refuse('bad-duration', { grant: await parts.world.grants.get(grantId) })
          : reviewGrant(parts.world, { grantId, by, terms, verdict: 'approve', note, durationMs }),
    })
  })
}

function durationWords({ world }: Parts, grant: Grant | null): string {
  const maxMs = grant && maxOf(world.catalog(), grant)
  return `Please write a duration such as 90m or 2h${maxMs === null ? '' : `; the most is ${formatDuration(maxMs)}`}.`
}
