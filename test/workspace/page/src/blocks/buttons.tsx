import type { Confirm } from '../../../blocks/composition.ts'
import { Icon } from '../icons.tsx'
import { Menu } from '../menu.tsx'
import { type Question, useSide } from '../side-of.ts'
import { isSafeLink } from '../words/mrkdwn.ts'
import { PlainWords } from '../words/text.tsx'
import { type ElementOf, type Use, usePress } from './surface.ts'

export const questionOf = ({ title, text, confirm, deny, style }: Confirm): Question => ({
  title: title.text,
  text,
  yes: confirm.text,
  no: deny.text,
  isDanger: style === 'danger',
})

export function Button({ element, use }: { element: ElementOf<'button'>; use: Use }) {
  const { confirm } = useSide()
  const { isBusy, problem, press } = usePress(use)
  const { text, style, url } = element
  const onClick = async () => {
    if (element.confirm && !(await confirm(questionOf(element.confirm)))) return
    if (url !== undefined && isSafeLink(url)) open(url, '_blank', 'noopener,noreferrer')
    await press()
  }
  return (
    <span class="with-problem">
      <button
        type="button"
        class={`button ${style ?? 'plain'}`}
        aria-label={element.accessibility_label}
        aria-busy={isBusy}
        disabled={isBusy}
        onClick={() => void onClick()}
      >
        <span class="button-words">
          <PlainWords text={text.text} hasEmoji={text.emoji !== false} />
          {url !== undefined && <Icon name="out" size={14} />}
        </span>
        {isBusy && <span class="spinner" />}
      </button>
      <Problem words={problem} />
    </span>
  )
}

export function Overflow({ element, use }: { element: ElementOf<'overflow'>; use: Use }) {
  const { confirm } = useSide()
  const { isBusy, problem, press } = usePress(use)
  const pick = async (value: string, url: string | undefined) => {
    if (element.confirm && !(await confirm(questionOf(element.confirm)))) return
    if (url !== undefined && isSafeLink(url)) open(url, '_blank', 'noopener,noreferrer')
    await press(value)
  }
  return (
    <span class="with-problem">
      <Menu
        label="More actions"
        className="button plain overflow"
        isDisabled={isBusy}
        items={element.options.map(({ text, value, description, url }) => ({
          key: value,
          label: (
            <span class="option-words">
              {text.text}
              {description && <small>{description.text}</small>}
            </span>
          ),
          onPick: () => void pick(value, url),
        }))}
      >
        {isBusy ? <span class="spinner" /> : <Icon name="dots" />}
      </Menu>
      <Problem words={problem} />
    </span>
  )
}

export const Problem = ({ words }: { words: string | null }) =>
  words === null ? null : (
    <span class="problem" role="alert">
      <Icon name="warning" size={15} /> {words}
    </span>
  )
