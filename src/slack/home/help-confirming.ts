import type { KnownBlock, ModalView } from '@slack/types'
import { plainlyNamed, type PersonRef } from '../../domain/person.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { tellingWrites } from '../../domain/writes.ts'
import { makeCodeFor, removeAllWaysOf, type CodeToGive, type Help } from '../../operations/confirm/help.ts'
import type { Parts } from '../parts.ts'
import { answerUnopened, tellClicker } from '../replies/answer-click.ts'
import { messageView } from '../replies/message-view.ts'
import { fillView } from '../replies/fill-view.ts'
import { parseClick } from '../wire/payloads.ts'
import { button, buttonRow, section } from '../words/blocks.ts'
import { unmarked, when } from '../words/mrkdwn.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { named, surely } from '../words/who.ts'

/** What an admin does for somebody whom they looked up: a one-time code to give in person, and all their ways removed. */

const actions = { code: 'help_code', remove: 'help_remove_all' } as const
const title = 'Help to confirm'

export function helpButtons(whom: PersonRef): KnownBlock[] {
  const { userId } = whom.slack
  const who = plainlyNamed(whom)
  return buttonRow([
    button(actions.code, 'One-time code…', userId, `Make a one-time code for ${who}`, {
      sure: {
        title: 'Make a one-time code?',
        text: `For ${who}. Whoever has it and their Slack can confirm as them: give it in person. It is shown to you once. They are told, and one made before counts no more.`,
        yes: 'Make it',
      },
    }),
    button(actions.remove, 'Remove all ways…', userId, `Remove all that ${who} confirms with`, {
      style: 'danger',
      sure: {
        title: 'Remove all they confirm with?',
        text: `${who} confirms with nothing any more until they are given a new one-time code. It takes nothing that they hold. They are told that you did it.`,
        yes: 'Remove all',
      },
    }),
  ])
}

export function listenToHelp(parts: Parts): void {
  const { app, clients, log } = parts
  const works: Record<string, (help: Help) => Promise<ModalView>> = {
    [actions.code]: async (help) => shown(await makeCodeFor(parts.world, help), codeView),
    [actions.remove]: async (help) => shown(await removeAllWaysOf(parts.world, help), removedView),
  }
  for (const [actionId, work] of Object.entries(works)) {
    app.action(actionId, async ({ ack, body }) => {
      const click = parseClick(body)
      const open = async (): Promise<void> => {
        try {
          const view = messageView(title, 'One moment…')
          const { view: pushed } = await clients.interactive.views.push({ trigger_id: click.triggerId, view })
          // Not before there is a place for it: a code that nobody sees would take the place of one that somebody has.
          if (pushed?.id === undefined) return
          const { userId, value } = click
          await fillView(parts, pushed.id, userId, (by) => tellingWrites(() => work({ by, userId: value })))
        } catch (error) {
          await answerUnopened({ log }, tellClicker(parts, click), error)
        }
      }
      await Promise.all([ack(), open()])
    })
  }
}

const refused = (refusal: Refusal): ModalView => messageView(title, unmarked(refusalWords(refusal)))

const shown = <T extends object>(outcome: T | Refusal, view: (outcome: T) => ModalView): ModalView =>
  isRefusal(outcome) ? refused(outcome) : view(outcome)

/** In no message, as those stay: once this is closed nobody reads it again. */
const codeView = ({ whom, code, until }: CodeToGive): ModalView => ({
  ...messageView(title, ''),
  blocks: [
    section(`One-time code for ${surely(whom)}:`),
    section(`*${code}*`),
    section(
      `Give it in person, and to nobody for them: send it nowhere. Good until ${when(until)}, once; it is not shown again.`,
    ),
    section(
      'They open Curfew’s Home tab in Slack, press “Add a way to confirm”, and type it there. They were told that you made it.',
    ),
  ],
})

const removedView = ({ whom, removed }: { whom: PersonRef; removed: number }): ModalView => ({
  ...messageView(title, ''),
  blocks: [
    section(
      removed === 0
        ? `${named(whom)} had nothing to confirm with.`
        : `${named(whom)} confirms with nothing any more: ${removed} removed. They were told that you did it. For a new way, make them a one-time code and give it in person.`,
    ),
  ],
})
