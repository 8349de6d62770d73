import type { Json } from '../api/method.ts'
import type { Option, RichOption } from '../blocks/composition.ts'
import type { Control, PlacedElement } from '../blocks/controls.ts'
import { readText } from '../blocks/plain.ts'
import type { Account } from '../state/directory.ts'
import type { InputValue } from '../state/inputs.ts'
import { initialValue, withValue } from '../state/inputs.ts'
import { offeredTo, searches } from './searches.ts'
import { act, enter, findControl, type Outcome, placeOf, type Stage, valuesOf, type Where } from './stage.ts'

/** What a person picks: the words of an option (several where several may be picked), a name, a date, a time. */
export type Choice = string | readonly string[] | Date

const typed = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input']

/** Picks in a menu, radio buttons, checkboxes or a picker. Nothing is sent unless the element dispatches. */
export async function chooses(
  stage: Stage,
  account: Account,
  label: string,
  choice: Choice,
  where: Where = 'modal',
): Promise<Outcome | undefined> {
  const place = placeOf(stage, account, where)
  const control = findControl(place, label, ({ element }) => !typed.includes(element.type) && holds(element))
  const value = await chosen(stage, account, where, control, choice)
  const now = placeOf(stage, account, where)
  enter(stage, account, now, withValue(valuesOf(stage, account, now), control, value))
  return control.dispatches ? act(stage, account, now, actionOf(control, value)) : undefined
}

/** Types into a field. A field that dispatches does so on each entry or on Enter, as it says. */
export async function types(
  stage: Stage,
  account: Account,
  label: string,
  text: string,
  { enter: pressesEnter = false, where = 'modal' }: { enter?: boolean; where?: Where } = {},
): Promise<Outcome | undefined> {
  const place = placeOf(stage, account, where)
  const control = findControl(place, label, ({ element }) => typed.includes(element.type))
  const value: InputValue = { type: control.element.type, value: text === '' ? null : text }
  enter(stage, account, place, withValue(valuesOf(stage, account, place), control, value))
  return typingDispatches(control, pressesEnter)
    ? act(stage, account, placeOf(stage, account, where), actionOf(control, value))
    : undefined
}

/** Whether what was typed is sent at once: on each character, or on Enter, as the field says. */
export function typingDispatches({ element, dispatches }: Control, pressesEnter: boolean): boolean {
  const config = 'dispatch_action_config' in element ? element.dispatch_action_config : undefined
  const on = config?.trigger_actions_on ?? ['on_enter_pressed']
  const isTime = on.includes('on_character_entered') || (pressesEnter && on.includes('on_enter_pressed'))
  return dispatches && isTime
}

const holds = (element: PlacedElement) => initialValue(element) !== undefined

/** What block_actions says of an element that was used. */
export const actionOf = ({ blockId, element }: Control, value: InputValue): Json => ({
  ...value,
  action_id: element.action_id,
  block_id: blockId,
  ...('placeholder' in element && element.placeholder && { placeholder: element.placeholder }),
})

async function chosen(
  stage: Stage,
  account: Account,
  where: Where,
  control: Control,
  choice: Choice,
): Promise<InputValue> {
  const { element } = control
  const { type } = element
  const [words, many] = wordsOf(choice)
  switch (type) {
    case 'static_select':
    case 'radio_buttons':
    case 'external_select':
      return { type, selected_option: (await options(stage, account, where, control, [words]))[0] ?? null }
    case 'multi_static_select':
    case 'checkboxes':
    case 'multi_external_select':
      return { type, selected_options: await options(stage, account, where, control, many) }
    case 'datepicker':
      return { type, selected_date: words }
    case 'timepicker':
      return { type, selected_time: words }
    case 'datetimepicker': {
      const at = choice instanceof Date ? choice : new Date(words)
      return { type, selected_date_time: Math.floor(at.getTime() / 1000) }
    }
    case 'users_select':
      return { type, selected_user: idNamed(stage, words) }
    case 'multi_users_select':
      return { type, selected_users: many.map((name) => idNamed(stage, name)) }
    case 'conversations_select':
      return { type, selected_conversation: idNamed(stage, words) }
    case 'multi_conversations_select':
      return { type, selected_conversations: many.map((name) => idNamed(stage, name)) }
    case 'channels_select':
      return { type, selected_channel: idNamed(stage, words) }
    case 'multi_channels_select':
      return { type, selected_channels: many.map((name) => idNamed(stage, name)) }
    default:
      throw new Error(`nothing can be chosen in a ${type}`)
  }
}

function wordsOf(choice: Choice): [string, readonly string[]] {
  if (choice instanceof Date) return [choice.toISOString(), []]
  return typeof choice === 'string' ? [choice, [choice]] : [choice[0] ?? '', choice]
}

/** The offered options that read so; an external menu is asked for them if it has not offered any yet. */
async function options(
  stage: Stage,
  account: Account,
  where: Where,
  control: Control,
  wanted: readonly string[],
): Promise<(Option | RichOption)[]> {
  const { element } = control
  const isExternal = element.type === 'external_select' || element.type === 'multi_external_select'
  const offers = async (): Promise<readonly (Option | RichOption)[]> => {
    if (!isExternal) return ownOptions(element)
    const place = placeOf(stage, account, where)
    const already = offeredTo(stage, account, place, control)
    if (wanted.every((text) => already.some((option) => option.text.text === text))) return already
    await searches(stage, account, control.element.action_id, wanted[0] ?? '', where)
    return offeredTo(stage, account, place, control)
  }
  const all = await offers()
  return wanted.map((text) => {
    const found = all.find((option) => readText(option.text, stage.state.nameOf) === text)
    if (!found)
      throw new Error(
        `'${text}' is not offered, only ${all.map((o) => `'${o.text.text}'`).join(', ') || 'nothing'}`,
      )
    return found
  })
}

/** Those an element brings itself; an external menu brings none. */
export function ownOptions(element: PlacedElement): (Option | RichOption)[] {
  const grouped = 'option_groups' in element ? (element.option_groups ?? []) : []
  return [...('options' in element ? (element.options ?? []) : []), ...grouped.flatMap((g) => g.options)]
}

function idNamed({ state }: Stage, name: string): string {
  const all = [...state.accounts.values(), ...state.channels.values()]
  const found = all.find((one) => one.id === name || one.name === name)
  if (!found) throw new Error(`nobody and no channel is called '${name}'`)
  return found.id
}
