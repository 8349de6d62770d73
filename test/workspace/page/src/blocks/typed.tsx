import { useEffect, useState } from 'preact/hooks'
import { useFocusOnLoad } from './focus.ts'
import { type ElementOf, type Use, useEntry } from './surface.ts'

type Typed = ElementOf<'plain_text_input' | 'email_text_input' | 'url_text_input' | 'number_input'>

const keyboards = { plain_text_input: 'text', email_text_input: 'email', url_text_input: 'url' } as const

/** Text, an address, a number. The page holds what is being typed; the server hears each change. */
export function TextInput({ element, use, hasError }: { element: Typed; use: Use; hasError: boolean }) {
  const { held, enter } = useEntry(use)
  const kept = held ? (held.value ?? '') : (element.initial_value ?? '')
  const [text, setText] = useState(kept)
  const ref = useFocusOnLoad<HTMLInputElement & HTMLTextAreaElement>(element.focus_on_load)
  useEffect(() => {
    if (document.activeElement !== ref.current) setText(kept)
  }, [kept])
  const isMultiline = element.type === 'plain_text_input' && element.multiline === true
  const [least, most] = element.type === 'plain_text_input' ? [element.min_length, element.max_length] : []
  const common = {
    ref,
    class: 'field',
    value: text,
    placeholder: element.placeholder?.text,
    'aria-labelledby': use.labelledBy,
    'aria-describedby': use.describedBy,
    'aria-invalid': hasError,
    onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      setText(value)
      enter([value])
    },
  }
  return (
    <div class="typed">
      {isMultiline ? (
        <textarea {...common} rows={3} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={
            element.type !== 'number_input'
              ? keyboards[element.type]
              : element.is_decimal_allowed
                ? 'decimal'
                : 'numeric'
          }
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            enter([text], { isEnterKey: true })
          }}
        />
      )}
      <Counter length={text.length} least={least} most={most} />
    </div>
  )
}

function Counter({
  length,
  least = 0,
  most,
}: {
  length: number
  least?: number | undefined
  most?: number | undefined
}) {
  if (most === undefined && least === 0) return null
  const isOver = most !== undefined && length > most
  const words = length < least ? `at least ${least}` : most === undefined ? '' : `${length} of ${most}`
  return <span class={`counter ${isOver ? 'is-over' : ''}`}>{words}</span>
}
