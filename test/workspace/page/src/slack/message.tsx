import { useEffect, useRef } from 'preact/hooks'
import type { ShownMessage } from '../../../practice/protocol.ts'
import { Avatar } from '../avatar.tsx'
import { Blocks } from '../blocks/block.tsx'
import { SurfaceContext } from '../blocks/surface.ts'
import { Icon } from '../icons.tsx'
import { useSide } from '../side-of.ts'
import { Mrkdwn } from '../words/text.tsx'
import { atOf, clock, repliesTo } from './conversation.ts'

/** One message. It glows for a moment when it changes under the reader's eyes. */
export function Message(options: {
  message: ShownMessage
  /** Follows one of the same author closely: no second head. */
  isContinued: boolean
  /** Absent within a thread. */
  onThread?: (message: ShownMessage) => void
}) {
  const { message, isContinued, onThread } = options
  const { live, personId } = useSide()
  const author = live.get('person', message.user)
  const ref = useGlow(message)
  const surface = {
    where: { in: 'message' as const, channel: message.channel, ts: message.ts },
    values: {},
    errors: {},
  }
  const isWhisper = message.onlyFor !== undefined
  const replies = onThread ? repliesTo(live, personId, message.channel, message.ts) : []
  return (
    <li
      class={`message ${isContinued ? 'is-continued' : ''} ${isWhisper ? 'is-whisper' : ''}`}
      ref={ref}
      data-ts={message.ts}
    >
      {isWhisper && (
        <p class="whisper-note">
          <Icon name="eye" size={14} /> Only visible to you
        </p>
      )}
      <div class="message-side">
        {isContinued ? <span class="time">{clock(message.ts)}</span> : <Avatar person={author} />}
      </div>
      <div class="message-main">
        {!isContinued && (
          <p class="message-head">
            <strong>{author?.name ?? message.user}</strong>
            {message.isFromApp && <span class="tag">APP</span>}
            <time class="time" dateTime={atOf(message.ts).toISOString()}>
              {clock(message.ts)}
            </time>
          </p>
        )}
        <SurfaceContext.Provider value={surface}>
          {message.blocks.length > 0 ? (
            <Blocks blocks={message.blocks} />
          ) : (
            <div class="words">
              <Mrkdwn text={message.text} />
            </div>
          )}
        </SurfaceContext.Provider>
        {message.isEdited && <span class="edited">(edited)</span>}
        {onThread && replies.length > 0 && (
          <button type="button" class="thread-summary" onClick={() => onThread(message)}>
            <Avatar person={live.get('person', replies.at(-1)?.user ?? '')} size="s" />
            {replies.length === 1 ? '1 reply' : `${replies.length} replies`}
            <span class="time">last at {clock(replies.at(-1)?.ts ?? message.ts)}</span>
          </button>
        )}
      </div>
      {onThread && !isWhisper && (
        <button
          type="button"
          class="message-tool"
          aria-label="Reply in thread"
          title="Reply in thread"
          onClick={() => onThread(message)}
        >
          <Icon name="thread" size={16} />
        </button>
      )}
    </li>
  )
}

function useGlow(message: ShownMessage) {
  const ref = useRef<HTMLLIElement>(null)
  const before = useRef(message)
  useEffect(() => {
    if (before.current === message) return
    before.current = message
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    ref.current?.animate([{ backgroundColor: 'var(--glow)' }, { backgroundColor: 'transparent' }], {
      duration: 1600,
      easing: 'ease-out',
    })
  }, [message])
  return ref
}
