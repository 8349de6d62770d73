import type { AckFn, ViewResponseAction } from '@slack/bolt'
import type { Button, InputBlock, KnownBlock, ModalView } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import type { PersonRef } from '../../domain/person.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { askToConfirm, confirm, type ToConfirm } from '../../operations/confirm/confirm.ts'
import { askToEnrol } from '../../operations/confirm/enrol.ts'
import { actor, answerUnopened, failureWords, tellClicker } from '../replies/answer-click.ts'
import { messageView } from '../replies/message-view.ts'
import { parseClick, parseInView } from '../wire/payloads.ts'
import { button, form, plain, plainSection, section } from '../words/blocks.ts'
import { unmarked, when } from '../words/mrkdwn.ts'
import { nameOf } from '../words/names.ts'
import { refusalWords } from '../words/refusal-words.ts'
import type { Parts } from '../parts.ts'

/*
 * Sessions: begun and renewed by confirming who one is. With a page, the button leads to it; without, six digits of an
 * authenticator app are typed into the form.
 */

const actions = { again: 'session_again', link: 'session_link', enrol: 'session_enrol' } as const
const againId = 'session_again'
const title = 'Confirm'
export const codeField = 'session_code'

/** In place of reason, time and reviewers, where a session is chosen in the request form. */
export const beginBlocks = ({ publicUrl, world }: Parts, { session }: Entitlement): KnownBlock[] => {
  if (session === null) return []
  const until = new Date(world.clock.now().getTime() + session.lengthMs)
  const words = `No review needed. Confirm that it is you to begin; it lasts until ${when(until)}.`
  return [section(words), ...(publicUrl === null ? [codeInput] : [])]
}

const codeInput: InputBlock = {
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

/** "Confirm again", while it may last longer than it does; null where it may not. */
export const confirmAgain = (grant: Grant): Button | null =>
  grant.status === 'active' && grant.isSession && !isAtMost(grant)
    ? button(
        actions.again,
        'Confirm again',
        `${grant.id}:${grant.endsAt.getTime()}`,
        `Confirm again: ${nameOf(grant)}`,
        { style: 'primary' },
      )
    : null

/** Why it ends for good, where it does. */
export const mostWords = (grant: Grant): string | null =>
  grant.status === 'active' && grant.isSession && isAtMost(grant) && grant.notAfter !== null
    ? `${formatDuration(grant.notAfter.getTime() - grant.approvedAt.getTime())} are the most; begin anew then.`
    : null

const isAtMost = ({ endsAt, notAfter }: { endsAt: Date; notAfter: Date | null }): boolean =>
  notAfter !== null && endsAt >= notAfter

type Ack = AckFn<ViewResponseAction> | AckFn<void>

/** What sending the request form does for a session: the way to confirm, or what came of the code. */
export async function sendSession(
  parts: Parts,
  {
    ack,
    userId,
    viewId,
    what,
    code,
  }: {
    ack: Ack
    userId: string
    viewId: string
    what: Confirmable
    code: string | null
  },
): Promise<void> {
  const answer = ack as AckFn<ViewResponseAction>
  await answer({ response_action: 'update', view: messageView(title, 'One moment…') })
  await fill(parts, viewId, await nextView(parts, userId, what, code))
}

/** The link, or with a code what came of it. */
async function nextView(
  parts: Parts,
  userId: string,
  what: Confirmable,
  code: string | null,
): Promise<ModalView> {
  const { world, log } = parts
  try {
    const by = await actor(parts, userId)
    if (isRefusal(by)) return refused(by)
    const asked = await askToConfirm(world, { by, what })
    if (isRefusal(asked)) return refused(asked)
    if (parts.publicUrl !== null) return await linkView(parts, by, asked)
    if (!asked.ways.includes('totp')) return messageView(title, noCodes)
    if (code === null) return codeView(what)
    const done = await confirm(world, { token: asked.ticket, proof: { method: 'totp', typed: code } })
    return isRefusal(done) ? refused(done) : doneView(done)
  } catch (error) {
    return messageView(title, failureWords(log, error))
  }
}

const noCodes =
  'Curfew has no page here: only codes of an authenticator app can be typed, and none is known of you. Adding one takes a page; whoever runs Curfew must set PUBLIC_URL.'

const refused = (refusal: Refusal): ModalView => messageView(title, unmarked(refusalWords(refusal)))

const doneView = (grant: Grant): ModalView =>
  messageView(title, 'endsAt' in grant ? `Done. You have ${nameOf(grant)}; you hear here.` : 'Done.')

async function linkView(
  { world, publicUrl }: Parts,
  by: PersonRef,
  { ticket, shown, ways }: ToConfirm,
): Promise<ModalView> {
  const url = `${publicUrl ?? ''}/confirm`
  const enrol = await askToEnrol(world, by)
  const add: Button[] = isRefusal(enrol)
    ? []
    : [
        {
          ...button(actions.enrol, 'Add a way to confirm', 'add', 'Add a way to confirm'),
          url: `${url}/enrol/${enrol.ticket}`,
        },
      ]
  const go: Button = {
    ...button(actions.link, 'Confirm…', 'confirm', 'Open the page to confirm', { style: 'primary' }),
    url: `${url}/${ticket}`,
  }
  const words =
    ways.length === 0
      ? 'You have no way to confirm yet. An admin gives you a one-time code in person; with it you add a passkey or an authenticator app.'
      : `${shown} The link is for you alone, works once, for 5 minutes.`
  return {
    ...messageView(title, ''),
    blocks: [
      plainSection(words),
      { type: 'actions', elements: [...(ways.length === 0 ? [] : [go]), ...add] },
    ],
  }
}

const codeView = (what: Confirmable): ModalView =>
  form({
    callbackId: againId,
    metadata: what.kind === 'renew-session' ? `${what.grantId}:${what.seenEndsAt.getTime()}` : '',
    title,
    submit: 'Confirm',
    blocks: [codeInput],
  })

export function listenToConfirming(parts: Parts): void {
  const { app, clients, log } = parts
  app.action(actions.again, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    try {
      const view = messageView(title, 'One moment…')
      const opened = await clients.interactive.views.open({ trigger_id: click.triggerId, view })
      if (opened.view?.id === undefined) return
      await fill(parts, opened.view.id, await nextView(parts, click.userId, renewal(click.value), null))
    } catch (error) {
      await answerUnopened({ log }, tellClicker(parts, click, respond), error)
    }
  })
  app.view(againId, async ({ ack, body }) => {
    const { userId, viewId, metadata, field } = parseInView(body)
    await sendSession(parts, { ack, userId, viewId, what: renewal(metadata), code: field(codeField) ?? '' })
  })
  // Slack tells also of links that are followed.
  for (const id of [actions.link, actions.enrol]) app.action(id, ({ ack }) => ack())
}

/** The grant, and the end that the clicker saw. */
function renewal(value: string): Confirmable {
  const [grantId = '', ms = ''] = value.split(':')
  return { kind: 'renew-session', grantId, seenEndsAt: new Date(/^\d{1,15}$/.test(ms) ? Number(ms) : 0) }
}

async function fill({ clients, log }: Parts, viewId: string, view: ModalView): Promise<void> {
  try {
    await clients.background.views.update({ view_id: viewId, view })
  } catch (error) {
    log.warn('a modal could not be filled', { viewId, error })
  }
}
