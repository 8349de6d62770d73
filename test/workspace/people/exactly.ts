import type { Option, OptionGroup, RichOption } from '../blocks/composition.ts'
import type { Control } from '../blocks/controls.ts'
import { controlsOf } from '../blocks/controls.ts'
import type { Account } from '../state/directory.ts'
import type { InputValue } from '../state/inputs.ts'
import { initialValue, withValue } from '../state/inputs.ts'
import { actionOf, ownOptions, typingDispatches } from './fills.ts'
import { type Offers, offeredTo, searchesIn } from './searches.ts'
import { act, blocksOf, enter, type Outcome, placeOf, type Stage, valuesOf, type Where } from './stage.ts'

/** A control by its ids: what a page knows of it, where a person would say what it reads. */
export interface Exactly {
  blockId: string
  actionId: string
}

export interface Suggested {
  outcome: Offers['outcome']
  options: readonly Option[]
  groups: readonly OptionGroup[]
}

/** A button, or an entry of an overflow menu. */
export async function presses(
  stage: Stage,
  account: Account,
  where: Where,
  exactly: Exactly,
  optionValue?: string,
): Promise<Outcome> {
  const place = placeOf(stage, account, where)
  const { blockId, element } = controlAt(stage, account, where, exactly)
  const base = { type: element.type, action_id: element.action_id, block_id: blockId }
  if (element.type === 'button') {
    const { text, value, style } = element
    return act(stage, account, place, { ...base, text, value, style })
  }
  if (element.type !== 'overflow') throw new Error(`a ${element.type} cannot be pressed`)
  const selected_option = element.options.find(({ value }) => value === optionValue)
  if (!selected_option) throw new Error(`'${optionValue ?? ''}' is not in this menu`)
  return act(stage, account, place, { ...base, selected_option })
}

export async function enters(
  stage: Stage,
  account: Account,
  where: Where,
  exactly: Exactly,
  entry: readonly string[],
  { enter: pressesEnter = false }: { enter?: boolean } = {},
): Promise<Outcome | undefined> {
  const place = placeOf(stage, account, where)
  const control = controlAt(stage, account, where, exactly)
  const value = valueOf(stage, account, where, control, entry)
  enter(stage, account, place, withValue(valuesOf(stage, account, place), control, value))
  const dispatches = 'value' in value ? typingDispatches(control, pressesEnter) : control.dispatches
  return dispatches
    ? act(stage, account, placeOf(stage, account, where), actionOf(control, value))
    : undefined
}

export async function suggestions(
  stage: Stage,
  account: Account,
  where: Where,
  exactly: Exactly,
  query: string,
): Promise<Suggested> {
  const place = placeOf(stage, account, where)
  const control = controlAt(stage, account, where, exactly)
  if (!isExternal(control)) throw new Error(`a ${control.element.type} asks for nothing`)
  const { outcome, groups } = await searchesIn(stage, account, place, control, query)
  if (outcome !== 'offered') return { outcome, options: [], groups: [] }
  const options = offeredTo(stage, account, place, control)
  if (groups.length === 0) return { outcome, options, groups: [] }
  let from = 0
  return {
    outcome,
    options: [],
    groups: groups.map(({ label, options: { length } }) => ({
      label: { type: 'plain_text', text: label },
      options: options.slice(from, (from += length)),
    })),
  }
}

function controlAt(stage: Stage, account: Account, where: Where, { blockId, actionId }: Exactly): Control {
  const controls = controlsOf(blocksOf(placeOf(stage, account, where)))
  const found = controls.find((one) => one.blockId === blockId && one.element.action_id === actionId)
  if (!found) throw new Error('this is not on the screen any more')
  return found
}

function valueOf(
  stage: Stage,
  account: Account,
  where: Where,
  control: Control,
  entry: readonly string[],
): InputValue {
  const empty = initialValue(control.element)
  if (!empty) throw new Error(`a ${control.element.type} holds nothing`)
  const { type } = empty
  const one = entry[0] ?? null
  if ('value' in empty) return { type, value: one === '' ? null : one }
  if ('selected_option' in empty || 'selected_options' in empty) {
    const offered = offeredNow(stage, account, where, control)
    const picked = entry.map((value) => {
      const found = offered.find((option) => option.value === value)
      if (!found) throw new Error(`'${value}' is not offered here`)
      return found
    })
    if ('selected_options' in empty) return { type, selected_options: picked }
    return { type, selected_option: picked[0] ?? null }
  }
  if ('selected_date' in empty) return { type, selected_date: one }
  if ('selected_time' in empty) return { type, selected_time: one }
  if ('selected_date_time' in empty) return { type, selected_date_time: one === null ? null : Number(one) }
  if ('selected_user' in empty) return { type, selected_user: one }
  if ('selected_users' in empty) return { type, selected_users: [...entry] }
  if ('selected_conversation' in empty) return { type, selected_conversation: one }
  if ('selected_conversations' in empty) return { type, selected_conversations: [...entry] }
  if ('selected_channel' in empty) return { type, selected_channel: one }
  return { type, selected_channels: [...entry] }
}

/** What the element brings, what an external menu last offered, and what stands in it already. */
function offeredNow(stage: Stage, account: Account, where: Where, control: Control): (Option | RichOption)[] {
  const { blockId, element } = control
  const place = placeOf(stage, account, where)
  const held = valuesOf(stage, account, place)[blockId]?.[element.action_id]
  const standing = [
    ...(held?.selected_options ?? []),
    ...(held?.selected_option ? [held.selected_option] : []),
  ]
  return [...ownOptions(element), ...offeredTo(stage, account, place, control), ...standing]
}

const isExternal = ({ element }: Control) =>
  element.type === 'external_select' || element.type === 'multi_external_select'
