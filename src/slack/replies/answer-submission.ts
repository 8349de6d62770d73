import type { AckFn, ViewResponseAction } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PersonRef } from '../../domain/person.ts'
import { isRefusal, type Refusal } from '../../domain/refusal.ts'
import { tellingWrites } from '../../domain/writes.ts'
import type { Confirmable } from '../../domain/ports/tickets.ts'
import { actor, failureWords } from './answer-click.ts'
import { showInView } from './fill-view.ts'
import { confirmView } from './must-confirm.ts'
import { messageView } from './message-view.ts'
import { unmarked } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import { refusalWords } from '../words/refusal-words.ts'

/** For a submission the acknowledgement is the answer: the operation has this long before the modal says "Sending…". */
const budgetMs = 2_000

const isView = (outcome: object): outcome is { view: ModalView } => 'view' in outcome

type Ack = AckFn<ViewResponseAction> | AckFn<void>

/**
 * Operates first and acknowledges with what came of it: closed, or an error on its field. If that takes too long the
 * modal waits and is told later. Which field a refusal belongs to is `fieldFor`'s to say.
 */
export async function answerSubmission(options: {
  parts: Parts
  ack: Ack
  viewId: string
  userId: string
  title: string
  fieldFor: (refusal: Refusal) => string
  words?: (refusal: Refusal) => string
  work: (by: PersonRef) => Promise<object>
  /** What is to be confirmed where they must; then the form for that takes the place of this one. */
  confirms?: () => Confirmable | null
}): Promise<void> {
  const { parts, viewId, title, fieldFor, words = refusalWords } = options
  const ack = options.ack as AckFn<ViewResponseAction>
  const outcomeOf = async (): Promise<object> => {
    const by = await actor(parts, options.userId)
    if (isRefusal(by)) return by
    const outcome = await options.work(by)
    if (!isRefusal(outcome) || outcome.refused !== 'must-confirm') return outcome
    const what = options.confirms?.() ?? null
    if (what === null) return outcome
    const view = await confirmView(parts, by, what)
    return isRefusal(view) ? view : { view }
  }
  const working = tellingWrites(outcomeOf).then(
    (outcome) =>
      isRefusal(outcome)
        ? { field: fieldFor(outcome), words: unmarked(words(outcome)) }
        : isView(outcome)
          ? outcome
          : null,
    (error: unknown) => ({ field: null, words: failureWords(parts.log, error) }),
  )
  const inTime = await Promise.race([working, sleep(budgetMs, 'late' as const, { ref: false })])
  if (inTime === 'late') {
    await ack({ response_action: 'update', view: messageView(title, 'Sending…') })
    const outcome = await working
    const said = outcome === null ? 'Done. You can close this.' : 'words' in outcome ? outcome.words : ''
    const view = outcome !== null && isView(outcome) ? outcome.view : messageView(title, said)
    await showInView(parts, viewId, view)
  } else if (inTime === null) {
    await ack({ response_action: 'clear' })
  } else if (isView(inTime)) {
    await ack({ response_action: 'update', view: inTime.view })
  } else if (inTime.field === null) {
    await ack({ response_action: 'update', view: messageView(title, inTime.words) })
  } else {
    await ack({ response_action: 'errors', errors: { [inTime.field]: inTime.words } })
  }
}
