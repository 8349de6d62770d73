import type { AckFn, ViewResponseAction } from '@slack/bolt'
import type { Button, KnownBlock, ModalView } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Grant } from '../../domain/grant.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { askToConfirm } from '../../operations/confirm/confirm.ts'
import { messageView } from '../replies/message-view.ts'
import { fillView, openFilled } from '../replies/fill-view.ts'
import { codeInput, confirmView, viewOfCode } from '../replies/must-confirm.ts'
import { parseClick } from '../wire/payloads.ts'
import { button, section } from '../words/blocks.ts'
import { unmarked, when } from '../words/mrkdwn.ts'
import { nameOf } from '../words/names.ts'
import { refusalWords } from '../words/refusal-words.ts'
import type { Parts } from '../parts.ts'

/*
 * Sessions: begun and renewed by confirming who one is. With a page, the button leads to it; without, six digits of an
 * authenticator app are typed into the form.
 */

const again = 'session_again'
const title = 'Confirm'

/** In place of reason, time and reviewers, where a session is chosen in the request form. */
export const beginBlocks = ({ publicUrl, world }: Parts, { session }: Entitlement): KnownBlock[] => {
  if (session === null) return []
  const until = new Date(world.clock.now().getTime() + session.lengthMs)
  const words = `No review needed. Confirm that it is you to begin; it lasts until ${when(until)}.`
  return [section(words), ...(publicUrl === null ? [codeInput] : [])]
}

/** "Confirm again", while it may last longer than it does; null where it may not. */
export const confirmAgain = (grant: Grant): Button | null =>
  grant.status === 'active' && grant.isSession && !isAtMost(grant)
    ? button(
        again,
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
  sent: { ack: Ack; userId: string; viewId: string; what: Confirmable; code: string | null },
): Promise<void> {
  const { userId, viewId, what, code } = sent
  const ack = sent.ack as AckFn<ViewResponseAction>
  await ack({ response_action: 'update', view: messageView(title, 'One moment…') })
  await fillView(parts, viewId, userId, async (by) => {
    if (code === null) return said(await confirmView(parts, by, what))
    const asked = await askToConfirm(parts.world, { by, what })
    if (isRefusal(asked)) return said(asked)
    return asked.ways.includes('totp')
      ? viewOfCode(parts, asked.ticket, code)
      : said(await confirmView(parts, by, what))
  })
}

const said = (view: ModalView | Refusal): ModalView =>
  'refused' in view ? messageView(title, unmarked(refusalWords(view))) : view

export function listenToSessions(parts: Parts): void {
  const { app } = parts
  app.action(again, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    await openFilled(parts, { click, title, respond }, async (by) =>
      said(await confirmView(parts, by, renewal(click.value))),
    )
  })
}

/** The grant, and the end that the clicker saw. */
function renewal(value: string): Confirmable {
  const [grantId = '', ms = ''] = value.split(':')
  return { kind: 'renew-session', grantId, seenEndsAt: new Date(/^\d{1,15}$/.test(ms) ? Number(ms) : 0) }
}
