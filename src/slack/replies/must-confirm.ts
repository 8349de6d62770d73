import { WebAPIPlatformError } from '@slack/web-api'
import type { Button, InputBlock, ModalView } from '@slack/types'
import type { PersonRef } from '../../domain/person.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { askToConfirm, confirm, type ToConfirm } from '../../operations/confirm/confirm.ts'
import { withoutConfirming } from '../../operations/confirm/without.ts'
import type { Parts } from '../parts.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { button, form, plain, plainSection } from '../words/blocks.ts'
import { unmarked } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { answerClick, answerTo, type Tell } from './answer-click.ts'
import { enrolLink, enrolLinkId } from './enrol-link.ts'
import { fillView } from './fill-view.ts'
import { messageView } from './message-view.ts'

/*
 * What needs a confirmation: with a page, the button leads to it; without, six digits of an authenticator app are typed
 * into the form. Once they confirmed it is done by itself: there is nothing to click twice.
 */

const actions = { link: 'confirm_link', without: 'confirm_without' } as const
const codeId = 'confirm_code'
const title = 'Confirm'
export const codeField = 'confirm_code'

export const codeInput: InputBlock = {
  type: 'input',
  block_id: codeField,
  label: plain('Six digits of your authenticator app', 200),
  element: {
    type: 'plain_text_input',
    action_id: codeField,
    max_length: 9,
    placeholder: plain('123 456', 20),
  },
}

/** How they can confirm this; a refusal where confirming would not do it. Nothing is done or promised by it. */
export async function confirmView(
  parts: Parts,
  by: PersonRef,
  what: Confirmable,
): Promise<ModalView | Refusal> {
  const asked = await askToConfirm(parts.world, { by, what })
  if (isRefusal(asked)) return asked
  if (parts.publicUrl !== null) return linkView(parts, by, asked)
  return asked.ways.includes('totp') ? codeView(asked) : withWayOut(messageView(title, noCodes), asked)
}

const noCodes =
  'Curfew has no page here: only codes of an authenticator app can be typed, and none is known of you. Adding one takes a page; whoever runs Curfew must set PUBLIC_URL.'

async function linkView(parts: Parts, by: PersonRef, asked: ToConfirm): Promise<ModalView> {
  const { ticket, shown, ways } = asked
  const add = await enrolLink(parts, by, 'Add a way to confirm')
  const go: Button = {
    ...button(actions.link, 'Confirm…', 'confirm', 'Open the page to confirm', { style: 'primary' }),
    url: `${parts.publicUrl ?? ''}/confirm/${ticket}`,
  }
  const words =
    ways.length === 0
      ? 'You have no way to confirm yet. An admin gives you a one-time code in person; with it you add a passkey or an authenticator app.'
      : `${shown} Confirm that it is you, and it is done. The link is for you alone, works once, for 5 minutes.`
  const view = {
    ...messageView(title, ''),
    blocks: [
      plainSection(words),
      {
        type: 'actions' as const,
        elements: [...(ways.length === 0 ? [] : [go]), ...(isRefusal(add) ? [] : [add])],
      },
    ],
  }
  return withWayOut(view, asked)
}

const codeView = (asked: Pick<ToConfirm, 'ticket' | 'shown'>, wrong: string | null = null): ModalView =>
  form({
    callbackId: codeId,
    metadata: asked.ticket,
    title,
    submit: 'Confirm',
    blocks: [...(wrong === null ? [] : [plainSection(wrong)]), plainSection(asked.shown), codeInput],
  })

/** Where the catalog lets them break glass all the same. */
function withWayOut(view: ModalView, { mayGoWithout, ticket }: ToConfirm): ModalView {
  if (!mayGoWithout) return view
  const sure = {
    title: 'Without confirming?',
    text: 'Its channel and its admins read at once that you did not confirm who you are.',
    yes: 'Break glass',
  }
  const without = button(actions.without, 'Go on without', ticket, 'Break glass without confirming', {
    style: 'danger',
    sure,
  })
  const words =
    'The sign-in at your identity provider does not answer, and you have nothing else to confirm with. In an emergency you can go on without; it is said louder.'
  return { ...view, blocks: [...view.blocks, plainSection(words), { type: 'actions', elements: [without] }] }
}

const doneWords = 'Done. You can close this.'

/** With six digits what came of them; the form again where they were wrong. */
export async function viewOfCode(parts: Parts, token: string, typed: string): Promise<ModalView> {
  const done = await confirm(parts.world, { token, proof: { method: 'totp', typed } })
  if (!isRefusal(done)) return messageView(title, doneWords)
  const words = unmarked(refusalWords(done))
  return done.refused === 'not-confirmed' || done.refused === 'cannot-confirm'
    ? codeView({ ticket: token, shown: 'Please try again.' }, words)
    : messageView(title, words)
}

/**
 * Does what a button asks for; where they must confirm first, opens the form for that in its place. Where no form can be
 * opened any more, as Slack lets us only for three seconds, they are told to press again.
 */
export async function orConfirm(
  parts: Parts,
  { triggerId, tell }: { triggerId: string; tell: Tell },
  by: PersonRef,
  { what, work }: { what: Confirmable; work: () => Promise<object> },
): Promise<object> {
  const outcome = await work()
  if (!isRefusal(outcome) || outcome.refused !== 'must-confirm') return outcome
  const view = await confirmView(parts, by, what)
  if (isRefusal(view)) return view
  try {
    await parts.clients.interactive.views.open({ trigger_id: triggerId, view })
  } catch (error) {
    const code = error instanceof WebAPIPlatformError ? error.data.error : null
    // Delivered twice: the form stands already.
    if (code === 'exchanged_trigger_id') return {}
    if (code !== 'expired_trigger_id') throw error
    await tell('The form to confirm came too late. Nothing was changed; please press the button again.')
  }
  return {}
}

export function listenToMustConfirm(parts: Parts): void {
  const { app, world } = parts
  app.view(codeId, async ({ ack, body }) => {
    const { userId, viewId, metadata, field } = parseInView(body)
    await ack({ response_action: 'update', view: messageView(title, 'One moment…') })
    await fillView(parts, viewId, userId, () => viewOfCode(parts, metadata, field(codeField) ?? ''))
  })
  app.action(actions.without, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    await answerClick(parts, answerTo(parts, click, respond), (by) =>
      withoutConfirming(world, { token: click.value, by }),
    )
  })
  // Slack tells also of links that are followed.
  for (const id of [actions.link, enrolLinkId]) app.action(id, ({ ack }) => ack())
}
