import { questionOf } from './buttons.tsx'
import { useSide } from '../side-of.ts'
import { useFocusOnLoad } from './focus.ts'
import { type ElementOf, type Use, useEntry } from './surface.ts'

type Picker = ElementOf<'datepicker' | 'timepicker' | 'datetimepicker'>

const inputTypes = { datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local' } as const

/** Dates and times, in the browser's own pickers and zone. */
export function DatePicker({ element, use, hasError }: { element: Picker; use: Use; hasError: boolean }) {
  const { confirm } = useSide()
  const { held, own, enter } = useEntry(use)
  const ref = useFocusOnLoad<HTMLInputElement>(element.focus_on_load)
  const standing = held ? standingOf(held) : initialOf(element)
  const value = own ? (own[0] ?? '') : standing
  const isDateTime = element.type === 'datetimepicker'
  const pick = async (words: string) => {
    if (element.confirm && !(await confirm(questionOf(element.confirm)))) return
    if (words === '') enter([])
    else enter([isDateTime ? String(Math.floor(new Date(words).getTime() / 1000)) : words])
  }
  return (
    <input
      ref={ref}
      class="field picker"
      type={inputTypes[element.type]}
      value={isDateTime ? localWords(value) : value}
      aria-labelledby={use.labelledBy}
      aria-label={use.labelledBy === undefined ? placeholderOf(element) : undefined}
      aria-describedby={use.describedBy}
      aria-invalid={hasError}
      onChange={({ currentTarget }) => void pick(currentTarget.value)}
    />
  )
}

const placeholderOf = (element: Picker): string =>
  ('placeholder' in element ? element.placeholder?.text : undefined) ?? 'Pick a date or time'

const standingOf = (held: NonNullable<ReturnType<typeof useEntry>['held']>): string =>
  held.selected_date ??
  held.selected_time ??
  (held.selected_date_time == null ? '' : String(held.selected_date_time))

function initialOf(element: Picker): string {
  if (element.type === 'datepicker') return element.initial_date ?? ''
  if (element.type === 'timepicker') return element.initial_time ?? ''
  return element.initial_date_time === undefined ? '' : String(element.initial_date_time)
}

/** Unix seconds as the browser's own picker wants them. */
function localWords(seconds: string): string {
  if (seconds === '') return ''
  const at = new Date(Number(seconds) * 1000)
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
