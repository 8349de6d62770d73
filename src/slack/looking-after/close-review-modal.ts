import type { Button, ModalView } from '@slack/types'
import { owesReview } from '../../domain/break-glass.ts'
import type { Grant } from '../../domain/grant.ts'
import { plainlyNamed } from '../../domain/person.ts'
import type { Surface } from '../../domain/ports/surfaces.ts'
import { adminsOf } from '../../operations/admins.ts'
import { closeReview } from '../../operations/close-review.ts'
import { reasonLength } from '../../operations/request.ts'
import { answerUnopened, tellClicker } from '../replies/answer-click.ts'
import { button, form, type Message, plain, section } from '../words/blocks.ts'
import { answerSubmission } from '../replies/answer-submission.ts'
import { clockTime, plainWords } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import type { Picture } from '../publish/picture.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { named } from '../words/who.ts'

/** The review that is owed after glass was broken: its line and button on the card, the reminders, and the form that closes it. */

const callbackId = 'close_review'
const openId = 'close_review_open'
const field = 'review_note'
const title = 'Close the review'

/** The card's line on it; null where none is owed. */
export function reviewLine(grant: Grant): string | null {
  if (!('afterReview' in grant) || grant.afterReview === null) return null
  const { closedAt, closedBy, note } = grant.afterReview
  if (closedAt === null || closedBy === null) return '*A review is owed.*'
  return `Reviewed by ${named(closedBy)} ${clockTime(closedAt)}: ${plainWords(note ?? '', 500)}`
}

export const reviewButtons = (grant: Grant): Button[] =>
  owesReview(grant)
    ? [button(openId, 'Close review…', grant.id, `Close the review of ${plainlyNamed(grant.subject)}`)]
    : []

/** In the card's thread, each time it is still owed: mentions the admins. */
export const reminderNote = (grant: Grant, admins: readonly string[]): Message => ({
  text: `A review of ${plainlyNamed(grant.subject)} is owed`,
  blocks: [
    section(
      `Still to be reviewed: why ${named(grant.subject)} broke glass. ${admins.slice(0, 10).join(' ')}`.trim(),
    ),
  ],
})

const view = (grantId: string): ModalView =>
  form({
    callbackId,
    metadata: grantId,
    title,
    submit: 'Close',
    blocks: [
      {
        type: 'input',
        block_id: field,
        label: plain('What came of it?', 2_000),
        hint: plain('Stands on the card, and is kept.', 2_000),
        element: {
          type: 'plain_text_input',
          action_id: field,
          multiline: true,
          min_length: reasonLength.least,
          max_length: reasonLength.most,
          focus_on_load: true,
        },
      },
    ],
  })

export function listenToCloseReview(parts: Parts): void {
  const { app, world, clients, log } = parts
  app.action(openId, async ({ ack, body, respond }) => {
    const click = parseClick(body)
    const open = async (): Promise<void> => {
      try {
        await clients.interactive.views.open({ trigger_id: click.triggerId, view: view(click.value) })
      } catch (error) {
        await answerUnopened({ log }, tellClicker(parts, click, respond), error)
      }
    }
    await Promise.all([ack(), open()])
  })
  app.view(callbackId, async ({ ack, body }) => {
    const { userId, viewId, metadata: grantId, field: value } = parseInView(body)
    await answerSubmission({
      parts,
      ack,
      viewId,
      userId,
      title,
      fieldFor: () => field,
      work: (by) => closeReview(world, { grantId, by, note: value(field) ?? '' }),
    })
  })
}

/**
 * A review that is owed is asked for again and again, in the thread of the card: of the admins. While no admin of the
 * catalog is here, nobody is asked; the next reminder comes when one is.
 */
export async function reviewReminders(
  parts: Parts,
  grant: Grant,
  card: Surface | undefined,
): Promise<Picture[]> {
  if (!owesReview(grant) || grant.afterReview.reminded === 0 || !card?.ts || !card.channel) return []
  const people = await adminsOf(parts.world, grant)
  const draw = async () => reminderNote(grant, await parts.directory.mentions({ people, groups: [] }))
  const to = { channel: card.channel, threadTs: card.ts }
  const key = `note:${grant.id}:owed:${grant.afterReview.reminded}`
  return [{ key, lane: 'decision', isWanted: people.length > 0, to, draw }]
}
