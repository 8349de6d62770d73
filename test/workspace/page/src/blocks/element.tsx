import type { PlacedElement } from '../../../blocks/controls.ts'
import { Button, Overflow } from './buttons.tsx'
import { Choices } from './choices.tsx'
import { DatePicker } from './pickers.tsx'
import { Select } from './selects.tsx'
import type { Use } from './surface.ts'
import { TextInput } from './typed.tsx'
import { Unknown } from './unknown.tsx'

/** Any element a person can use. */
export function Element(options: { element: PlacedElement; use: Use; hasError?: boolean }) {
  const { element, use, hasError = false } = options
  switch (element.type) {
    case 'button':
      return <Button element={element} use={use} />
    case 'overflow':
      return <Overflow element={element} use={use} />
    case 'radio_buttons':
    case 'checkboxes':
      return <Choices element={element} use={use} />
    case 'datepicker':
    case 'timepicker':
    case 'datetimepicker':
      return <DatePicker element={element} use={use} hasError={hasError} />
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return <TextInput element={element} use={use} hasError={hasError} />
    case 'static_select':
    case 'external_select':
    case 'users_select':
    case 'conversations_select':
    case 'channels_select':
    case 'multi_static_select':
    case 'multi_external_select':
    case 'multi_users_select':
    case 'multi_conversations_select':
    case 'multi_channels_select':
      return <Select element={element} use={use} hasError={hasError} />
    default:
      return <Unknown kind="element" thing={element} />
  }
}
