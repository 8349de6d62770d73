import type { Json } from '../api/method.ts'
import type { PlacedBlock } from '../blocks/controls.ts'
import { controlsOf } from '../blocks/controls.ts'
import { plainOf } from '../blocks/plain.ts'
import type { Confirm } from '../blocks/composition.ts'
import type { Account } from '../state/directory.ts'
import { act, blocksOf, type Outcome, placeOf, type Stage, type Where } from './stage.ts'

export interface ClickOptions {
  /** The answer to the button's confirm dialog. Without one, a button that asks throws. */
  confirm?: boolean
  /** Which one, if several read the same: the one whose row or text above holds this. */
  near?: string | RegExp
  /** Click what an older picture of the message showed, even if it has changed or gone since. */
  asSeen?: boolean
}

interface Clickable {
  label: string
  action: Json
  confirm: Confirm | undefined
  /** The words around it: its own block, and those above it up to the previous row of buttons. */
  around: string
}

/** A button, or an entry of an overflow menu, by the words on it. */
export async function clicks(
  stage: Stage,
  account: Account,
  label: string,
  where: Where,
  { confirm, near, asSeen = false }: ClickOptions,
): Promise<Outcome> {
  const place = placeOf(stage, account, where, asSeen)
  const all = clickablesIn(blocksOf(place), stage.state.nameOf)
  const found = all.filter((one) => one.label === label && (near === undefined || matches(near, one.around)))
  const [one] = found
  if (!one)
    throw new Error(`no button '${label}' here, only ${all.map((b) => `'${b.label}'`).join(', ') || 'none'}`)
  if (found.length > 1) throw new Error(`${found.length} buttons read '${label}': say near which words`)
  if (one.confirm && confirm === undefined) throw new Error(`'${label}' asks first: ${inWords(one.confirm)}`)
  if (one.confirm && confirm === false) return { outcome: 'cancelled' }
  return act(stage, account, place, one.action)
}

export const matches = (pattern: string | RegExp, text: string): boolean =>
  typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)

function clickablesIn(blocks: readonly PlacedBlock[], nameOf: (id: string) => string): Clickable[] {
  let above: PlacedBlock[] = []
  return blocks.flatMap((block) => {
    const around = plainOf([...above, block], nameOf)
    above = block.type === 'actions' || block.type === 'divider' ? [] : [...above, block]
    if (block.type === 'section' && block.accessory) above = []
    return controlsOf([block]).flatMap(({ blockId: block_id, element }): Clickable[] => {
      const base = { type: element.type, action_id: element.action_id, block_id }
      if (element.type === 'button') {
        const { text, value, style, confirm } = element
        return [{ label: text.text, action: { ...base, text, value, style }, confirm, around }]
      }
      if (element.type !== 'overflow') return []
      return element.options.map((selected_option) => ({
        label: selected_option.text.text,
        action: { ...base, selected_option },
        confirm: element.confirm,
        around,
      }))
    })
  })
}

const inWords = ({ title, text, confirm, deny }: Confirm) =>
  `"${title.text}" "${text.text}" [${confirm.text}] [${deny.text}]`
