import { Avatar } from '../avatar.tsx'
import { Icon } from '../icons.tsx'
import { useSide } from '../side-of.ts'

export interface Toast {
  id: number
  title: string
  text: string
  /** Who wrote; none for a notice of the page's own. */
  from?: string
  channelId?: string
}

/** What came meanwhile, read out to those who do not see it. */
export function Toasts({ toasts, onDrop }: { toasts: readonly Toast[]; onDrop: (id: number) => void }) {
  const { live, goTo } = useSide()
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, title, text, from, channelId }) => (
        <div class={`toast ${from === undefined ? 'is-notice' : ''}`} key={id}>
          <button
            type="button"
            class="toast-body"
            disabled={channelId === undefined}
            onClick={() => {
              if (channelId !== undefined) goTo(channelId)
              onDrop(id)
            }}
          >
            {from === undefined ? <Icon name="warning" /> : <Avatar person={live.get('person', from)} />}
            <span class="option-words">
              <strong>{title}</strong>
              <span>{text}</span>
            </span>
          </button>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => onDrop(id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
