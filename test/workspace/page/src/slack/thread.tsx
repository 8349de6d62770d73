import { useEffect, useRef } from 'preact/hooks'
import type { ShownMessage } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import { useSide } from '../side-of.ts'
import { Composer } from './composer.tsx'
import { repliesTo } from './conversation.ts'
import { MessageList } from './message-list.tsx'

/** A thread beside the conversation. */
export function Thread({ root, name, onClose }: { root: ShownMessage; name: string; onClose: () => void }) {
  const { live, personId } = useSide()
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => close.current?.focus(), [root.ts])
  return (
    <section class="thread" aria-label="Thread">
      <header class="main-head">
        <h2>
          Thread <small>{name}</small>
        </h2>
        <button type="button" class="icon-button" aria-label="Close thread" ref={close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <MessageList
        messages={[root, ...repliesTo(live, personId, root.channel, root.ts)]}
        label="Replies"
        empty=""
      />
      <Composer channelId={root.channel} name={name} thread={root.ts} />
    </section>
  )
}
