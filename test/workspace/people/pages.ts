import { viewObject } from '../api/view-object.ts'
import type { Json } from '../api/method.ts'
import { controlsOf, type PlacedBlock } from '../blocks/controls.ts'
import { plainOf } from '../blocks/plain.ts'
import type { InputValue } from '../state/inputs.ts'
import type { State } from '../state/state.ts'
import type { OpenView } from '../state/views.ts'

/** A modal or Home tab as a person reads it at one moment. */
export interface Page {
  readonly id: string
  readonly title: string
  readonly blocks: readonly PlacedBlock[]
  /** Title and all visible words, without what was entered. */
  readonly text: string
  readonly buttons: readonly string[]
  /** Labels of the input blocks. */
  readonly labels: readonly string[]
  /** What is entered, by label; an option by its words. */
  readonly values: Readonly<Record<string, string>>
  /** What the last submission was told, by label. */
  readonly errors: Readonly<Record<string, string>>
  readonly submit: string | undefined
  readonly close: string | undefined
  readonly callbackId: string | undefined
  readonly hash: string
  /** The view as interaction payloads show it. */
  readonly view: Json
}

export function pageOf(state: State, view: OpenView): Page {
  const { definition, blocks } = view
  const modal = definition.type === 'modal' ? definition : undefined
  const controls = controlsOf(blocks)
  const inputs = controls.filter((control) => control.isInput)
  const title = modal?.title.text ?? ''
  const entered = controls.flatMap(({ blockId, element, label }) => {
    const value = view.values[blockId]?.[element.action_id]
    return value === undefined ? [] : [[label ?? element.action_id, shown(value)] as const]
  })
  return {
    id: view.id,
    title,
    blocks,
    text: [title, plainOf(blocks, state.nameOf)].filter((line) => line !== '').join('\n'),
    buttons: controls.flatMap(({ element }) => (element.type === 'button' ? [element.text.text] : [])),
    labels: inputs.map((input) => input.label ?? ''),
    values: Object.fromEntries(entered),
    errors: byLabel(view, view.errors),
    submit: modal?.submit?.text,
    close: modal?.close?.text,
    callbackId: definition.callback_id,
    hash: view.hash,
    view: viewObject(state, view),
  }
}

/** Errors that came by block_id, by the labels people read. */
export function byLabel(view: OpenView, errors: Readonly<Record<string, string>>): Record<string, string> {
  const labels = new Map(controlsOf(view.blocks).map(({ blockId, label }) => [blockId, label ?? blockId]))
  return Object.fromEntries(
    Object.entries(errors).map(([blockId, words]) => [labels.get(blockId) ?? blockId, words]),
  )
}

function shown({ type: _, selected_option, selected_options, ...rest }: InputValue): string {
  if (selected_option) return selected_option.text.text
  if (selected_options) return selected_options.map((option) => option.text.text).join(', ')
  return Object.values(rest)
    .flat()
    .filter((value) => value !== null)
    .join(', ')
}
