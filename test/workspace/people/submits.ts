import { z } from 'zod'
import { modalOf } from '../api/views.ts'
import { ApiError } from '../api/method.ts'
import { controlsOf } from '../blocks/controls.ts'
import { closedPayload, submissionPayload } from '../delivery/payloads.ts'
import type { Account } from '../state/directory.ts'
import { isEmpty } from '../state/inputs.ts'
import type { OpenView } from '../state/views.ts'
import { byLabel } from './pages.ts'
import { heard, type Stage, topView } from './stage.ts'

/** What an app may answer to view_submission; nothing at all closes the view. */
const submissionAnswer = z.discriminatedUnion('response_action', [
  z.strictObject({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.strictObject({ response_action: z.literal('update'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('push'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('clear') }),
])

export interface Submitted {
  /** `refused`: the app answered something Slack would not take; the person reads "trouble connecting". */
  outcome: 'closed' | 'cleared' | 'errors' | 'updated' | 'pushed' | 'timeout' | 'refused'
  /** By the labels of the inputs. */
  errors: Record<string, string>
}

/** Presses the modal's submit button. What Slack's client checks itself is not sent to the app. */
export async function submits(stage: Stage, account: Account): Promise<Submitted> {
  const view = topView(stage, account)
  if (view?.definition.type !== 'modal') throw new Error(`${account.name} has no modal open`)
  if (!view.definition.submit) throw new Error(`'${view.definition.title.text}' has no submit button`)
  const missing = ownErrors(view)
  if (Object.keys(missing).length > 0) return withErrors(stage, view, missing)

  const answer = await stage.delivery.deliver('interactive', submissionPayload(stage.state, account, view))
  if (answer.outcome !== 'acked') {
    heard(stage, account, answer)
    return { outcome: 'timeout', errors: {} }
  }
  if (isNothing(answer.payload)) {
    pop(stage, view)
    return { outcome: 'closed', errors: {} }
  }
  const parsed = submissionAnswer.safeParse(answer.payload)
  if (!parsed.success) return refuse(stage, account, [z.prettifyError(parsed.error)])
  return follow(stage, account, stage.state.views.find((v) => v.id === view.id) ?? view, parsed.data)
}

/** Presses close (the view below shows again), or the cross with `everything`. */
export async function closesModal(stage: Stage, account: Account, everything: boolean): Promise<void> {
  const stack = stage.state.views.stack(account.id)
  const top = stack.at(-1)
  if (top?.definition.type !== 'modal') throw new Error(`${account.name} has no modal open`)
  const clears = everything || top.definition.clear_on_close === true
  const closed = clears ? [...stack].reverse() : [top]
  stage.state.setStack(account.id, clears ? [] : stack.slice(0, -1))
  for (const view of closed) {
    const asked = view.definition.type === 'modal' && view.definition.notify_on_close === true
    if (asked) await stage.delivery.deliver('interactive', closedPayload(stage.state, account, view, clears))
  }
}

function follow(
  stage: Stage,
  account: Account,
  view: OpenView,
  answer: z.infer<typeof submissionAnswer>,
): Submitted {
  const { state, room } = stage
  const stack = state.views.stack(account.id)
  try {
    switch (answer.response_action) {
      case 'errors': {
        const inputs = controlsOf(view.blocks).filter((control) => control.isInput)
        const known = new Set(inputs.map((control) => control.blockId))
        const strange = Object.keys(answer.errors).filter((blockId) => !known.has(blockId))
        if (strange.length > 0 || Object.keys(answer.errors).length === 0)
          return refuse(stage, account, [`errors on no input block: ${strange.join(', ')}`])
        return withErrors(stage, view, answer.errors)
      }
      case 'clear':
        state.setStack(account.id, [])
        return { outcome: 'cleared', errors: {} }
      case 'update':
        state.show(state.views.remake(view, modalOf(room, answer.view, view)))
        return { outcome: 'updated', errors: {} }
      case 'push':
        if (stack.length >= 3) return refuse(stage, account, ['push_limit_reached'])
        state.setStack(account.id, [...stack, state.views.make(account.id, modalOf(room, answer.view), view)])
        return { outcome: 'pushed', errors: {} }
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return refuse(stage, account, [error.message, JSON.stringify(error.details)])
  }
}

function refuse({ state }: Stage, account: Account, messages: string[]): Submitted {
  state.complain({ about: 'view_submission', what: 'invalid_response', messages })
  state.toast(account.id, 'We had some trouble connecting. Try again?')
  return { outcome: 'refused', errors: {} }
}

function withErrors({ state }: Stage, view: OpenView, errors: Record<string, string>): Submitted {
  state.show({ ...view, errors })
  return { outcome: 'errors', errors: byLabel(view, errors) }
}

function pop({ state }: Stage, view: OpenView): void {
  const stack = state.views.stack(view.personId)
  const rest = stack.filter((other) => other.id !== view.id)
  state.setStack(view.personId, rest)
}

/** Required fields and lengths, in the words of Slack's client. */
function ownErrors(view: OpenView): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const { blockId, element, isInput, isOptional } of controlsOf(view.blocks)) {
    const held = view.values[blockId]?.[element.action_id]
    if (!isInput || !held) continue
    if (isEmpty(held)) {
      if (!isOptional) errors[blockId] = 'Please complete this required field.'
      continue
    }
    const length = held.value?.length ?? 0
    if (element.type !== 'plain_text_input') continue
    if (length < (element.min_length ?? 0))
      errors[blockId] = `Enter at least ${element.min_length} characters.`
    const most = element.max_length ?? 3000
    if (length > most) errors[blockId] = `Enter no more than ${most} characters.`
  }
  return errors
}

const isNothing = (payload: unknown) =>
  payload === undefined ||
  payload === null ||
  (typeof payload === 'object' && Object.keys(payload).length === 0)
