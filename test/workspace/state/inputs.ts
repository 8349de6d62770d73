import type { Control, PlacedBlock, PlacedElement } from '../blocks/controls.ts'
import { controlsOf } from '../blocks/controls.ts'
import type { Option, RichOption } from '../blocks/composition.ts'

/** One element's value as it stands in `state.values`. */
export interface InputValue {
  type: string
  value?: string | null
  selected_option?: Option | RichOption | null
  selected_options?: (Option | RichOption)[]
  selected_date?: string | null
  selected_time?: string | null
  selected_date_time?: number | null
  selected_user?: string | null
  selected_users?: string[]
  selected_conversation?: string | null
  selected_conversations?: string[]
  selected_channel?: string | null
  selected_channels?: string[]
}

export type StateValues = Record<string, Record<string, InputValue>>

/** The values of a page when it (re)appears. An element whose block_id, action_id and type were there before
 *  keeps what the person had entered, and its new initial value is ignored: Slack's behaviour on views.update. */
export function stateOf(blocks: readonly PlacedBlock[], before: StateValues = {}): StateValues {
  const values: StateValues = {}
  for (const { blockId, element } of controlsOf(blocks)) {
    const initial = initialValue(element)
    if (!initial) continue
    const kept = before[blockId]?.[element.action_id]
    values[blockId] = {
      ...values[blockId],
      [element.action_id]: kept?.type === initial.type ? kept : initial,
    }
  }
  return values
}

/** Whether nothing was entered: what a required input may not be at submission. */
export function isEmpty({ type: _, ...values }: InputValue): boolean {
  const [held] = Object.values(values)
  return held === null || held === undefined || held === '' || (Array.isArray(held) && held.length === 0)
}

export function withValue(
  values: StateValues,
  { blockId, element }: Control,
  value: InputValue,
): StateValues {
  return { ...values, [blockId]: { ...values[blockId], [element.action_id]: value } }
}

/** Buttons and overflow menus hold nothing. */
export function initialValue(element: PlacedElement): InputValue | undefined {
  const { type } = element
  switch (type) {
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return { type, value: element.initial_value ?? null }
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null }
    case 'checkboxes':
    case 'multi_static_select':
    case 'multi_external_select':
      return { type, selected_options: element.initial_options ?? [] }
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null }
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null }
    case 'datetimepicker':
      return { type, selected_date_time: element.initial_date_time ?? null }
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null }
    case 'multi_users_select':
      return { type, selected_users: element.initial_users ?? [] }
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null }
    case 'multi_conversations_select':
      return { type, selected_conversations: element.initial_conversations ?? [] }
    case 'channels_select':
      return { type, selected_channel: element.initial_channel ?? null }
    case 'multi_channels_select':
      return { type, selected_channels: element.initial_channels ?? [] }
    case 'button':
    case 'overflow':
      return undefined
  }
}
