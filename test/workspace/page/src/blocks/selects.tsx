import type { Option, RichOption } from '../../../blocks/composition.ts'
import type { InputValue } from '../../../state/inputs.ts'
import type { Live } from '../live.ts'
import { outcomeWords, type Side, useSide, wordsOf } from '../side-of.ts'
import { questionOf } from './buttons.tsx'
import { type Choice, type ChoiceGroup, Combobox, type Load } from './combobox.tsx'
import { type ElementOf, type Surface, type Use, useEntry, useSurface } from './surface.ts'
import { useRef } from 'preact/hooks'

export type SelectElement = ElementOf<
  | 'static_select'
  | 'external_select'
  | 'users_select'
  | 'conversations_select'
  | 'channels_select'
  | 'multi_static_select'
  | 'multi_external_select'
  | 'multi_users_select'
  | 'multi_conversations_select'
  | 'multi_channels_select'
>

/** Every kind of select menu. */
export function Select({ element, use, hasError }: { element: SelectElement; use: Use; hasError: boolean }) {
  const side = useSide()
  const surface = useSurface()
  const { held, own, enter } = useEntry(use)
  /** Choices seen so far, so that what was picked keeps its words. */
  const seen = useRef(new Map<string, Choice>())
  const remember = (groups: readonly ChoiceGroup[]) => {
    for (const { choices } of groups) for (const choice of choices) seen.current.set(choice.key, choice)
    return groups
  }
  const standing = held ? pickedIn(held, side.live) : initialIn(element, side.live)
  const picked = own ? own.map((key) => seen.current.get(key) ?? { key, label: key }) : standing
  const isExternal = element.type === 'external_select' || element.type === 'multi_external_select'
  const load: Load = async (typed) => {
    if (!isExternal) return { groups: remember(searched(ownGroups(element, side.live), typed)) }
    const { groups, note } = await asked(side, surface, element, use, typed)
    return { groups: remember(groups), ...(note !== undefined && { note }) }
  }
  const pick = async (keys: readonly string[]) => {
    if (element.confirm && !(await side.confirm(questionOf(element.confirm)))) return
    enter(keys)
  }
  return (
    <Combobox
      picked={picked}
      onPick={(keys) => void pick(keys)}
      load={load}
      pauseMs={isExternal ? 200 : 0}
      isMany={element.type.startsWith('multi_')}
      most={'max_selected_items' in element ? element.max_selected_items : undefined}
      placeholder={element.placeholder?.text ?? 'Choose an option'}
      labelledBy={use.labelledBy}
      describedBy={use.describedBy}
      hasError={hasError}
      hasFocusOnLoad={element.focus_on_load === true}
    />
  )
}

const choiceOf = ({ text, value, description }: Option | RichOption): Choice => ({
  key: value,
  label: text.text,
  description: description?.text,
})

function pickedIn(held: InputValue, live: Live): Choice[] {
  const options = held.selected_options ?? (held.selected_option ? [held.selected_option] : [])
  const ids = [
    held.selected_user,
    held.selected_conversation,
    held.selected_channel,
    ...(held.selected_users ?? []),
    ...(held.selected_conversations ?? []),
    ...(held.selected_channels ?? []),
  ].filter((id) => id !== null && id !== undefined)
  return [...options.map(choiceOf), ...ids.map((id) => named(id, live))]
}

function initialIn(element: SelectElement, live: Live): Choice[] {
  const fields = Object.entries(element).filter(([name]) => name.startsWith('initial_'))
  return fields
    .flatMap(([, value]) => value as string | Option | (string | Option)[])
    .map((one) => (typeof one === 'string' ? named(one, live) : choiceOf(one)))
}

function named(id: string, live: Live): Choice {
  const channel = live.get('channel', id)
  return { key: id, label: channel ? `#${channel.name}` : (live.get('person', id)?.name ?? id) }
}

/** What a menu brings itself: its options, people, or channels. */
function ownGroups(element: SelectElement, live: Live): ChoiceGroup[] {
  switch (element.type) {
    case 'static_select':
    case 'multi_static_select':
      return element.option_groups
        ? element.option_groups.map(({ label, options }) => ({
            label: label.text,
            choices: options.map(choiceOf),
          }))
        : [{ choices: (element.options ?? []).map(choiceOf) }]
    case 'users_select':
    case 'multi_users_select':
      return [
        {
          choices: live
            .all('person')
            .filter(({ isBot, isDeleted }) => !isBot && !isDeleted)
            .map(({ id, name, title }) => ({
              key: id,
              label: name,
              description: title === '' ? undefined : title,
            })),
        },
      ]
    default:
      return [
        {
          choices: live
            .all('channel')
            .filter(({ kind, isArchived }) => kind !== 'im' && !isArchived)
            .map(({ id, name }) => ({ key: id, label: `#${name}` })),
        },
      ]
  }
}

function searched(groups: readonly ChoiceGroup[], typed: string): ChoiceGroup[] {
  const words = typed.toLowerCase()
  return groups
    .map((group) => ({
      ...group,
      choices: group.choices.filter(({ label }) => label.toLowerCase().includes(words)),
    }))
    .filter(({ choices }) => choices.length > 0)
}

/** Asks the app. */
async function asked(
  { act, live }: Side,
  { where }: Surface,
  element: SelectElement,
  { blockId, actionId }: Use,
  query: string,
): Promise<{ groups: ChoiceGroup[]; note?: string }> {
  const least = 'min_query_length' in element ? (element.min_query_length ?? 3) : 3
  if (query.length < least)
    return { groups: [], note: `Type ${least === 1 ? 'a letter' : `${least} letters`} to search` }
  try {
    const answer = await act({ do: 'search', where, blockId, actionId, query })
    if (!('options' in answer)) {
      const name = live.get('workspace', 'it')?.appName ?? 'The app'
      return { groups: [], note: outcomeWords(answer.outcome, name) ?? 'Nothing could be loaded.' }
    }
    const groups = answer.groups.map(({ label, options }) => ({
      label: label.text,
      choices: options.map(choiceOf),
    }))
    return { groups: groups.length > 0 ? groups : [{ choices: answer.options.map(choiceOf) }] }
  } catch (error) {
    return { groups: [], note: wordsOf(error) }
  }
}
