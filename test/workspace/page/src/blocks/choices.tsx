import { useId } from 'preact/hooks'
import { questionOf } from './buttons.tsx'
import { useSide } from '../side-of.ts'
import { Words } from '../words/text.tsx'
import { useFocusOnLoad } from './focus.ts'
import { type ElementOf, type Use, useEntry } from './surface.ts'

/** Radio buttons and checkboxes. */
export function Choices({ element, use }: { element: ElementOf<'radio_buttons' | 'checkboxes'>; use: Use }) {
  const { confirm } = useSide()
  const { held, own, enter } = useEntry(use)
  const group = useId()
  const first = useFocusOnLoad<HTMLInputElement>(element.focus_on_load)
  const isMany = element.type === 'checkboxes'
  const initial = isMany
    ? (element.initial_options ?? [])
    : element.initial_option
      ? [element.initial_option]
      : []
  const standing = held
    ? (held.selected_options ?? (held.selected_option ? [held.selected_option] : []))
    : initial
  const picked = own ?? standing.map(({ value }) => value)
  const pick = async (value: string, isOn: boolean) => {
    if (element.confirm && !(await confirm(questionOf(element.confirm)))) return
    enter(isMany ? [...picked.filter((one) => one !== value), ...(isOn ? [value] : [])] : [value])
  }
  return (
    <div
      class="choices"
      role={isMany ? 'group' : 'radiogroup'}
      aria-labelledby={use.labelledBy}
      aria-describedby={use.describedBy}
    >
      {element.options.map(({ text, value, description }, at) => (
        <label class="choice" key={value}>
          <input
            ref={at === 0 ? first : undefined}
            type={isMany ? 'checkbox' : 'radio'}
            name={group}
            checked={picked.includes(value)}
            onChange={({ currentTarget }) => void pick(value, currentTarget.checked)}
          />
          <span class="option-words">
            <span>
              <Words of={text} />
            </span>
            {description && (
              <small>
                <Words of={description} />
              </small>
            )}
          </span>
        </label>
      ))}
    </div>
  )
}
