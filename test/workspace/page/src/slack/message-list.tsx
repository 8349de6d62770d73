import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { ShownMessage } from '../../../practice/protocol.ts'
import { useSide } from '../side-of.ts'
import { formatDate } from '../words/date.ts'
import { atOf } from './conversation.ts'
import { Message } from './message.tsx'

/** Messages by day, the newest at the bottom and in sight. */
export function MessageList(options: {
  messages: readonly ShownMessage[]
  label: string
  empty: string
  onThread?: (message: ShownMessage) => void
}) {
  const { messages, label, empty, onThread } = options
  const { now } = useSide()
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight
  })
  useEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight
    })
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  const dayOf = (ts: string) => formatDate(Number(ts), '{day_divider_pretty}', { now })
  return (
    <div
      class="message-list"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 60
      }}
    >
      {messages.length === 0 && <p class="empty">{empty}</p>}
      <ol>
        {messages.flatMap((message, at) => {
          const above = messages[at - 1]
          const isNewDay = above === undefined || dayOf(above.ts) !== dayOf(message.ts)
          return [
            ...(isNewDay
              ? [
                  <li class="day" key={`day ${message.ts}`}>
                    <span>{dayOf(message.ts)}</span>
                  </li>,
                ]
              : []),
            <Message
              key={message.ts}
              message={message}
              isContinued={!isNewDay && isClose(above, message)}
              {...(onThread && { onThread })}
            />,
          ]
        })}
      </ol>
    </div>
  )
}

/** The app's messages always have a head: each is a matter of its own. */
const isClose = (above: ShownMessage, message: ShownMessage): boolean =>
  above.user === message.user &&
  !message.isFromApp &&
  message.onlyFor === undefined &&
  atOf(message.ts).getTime() - atOf(above.ts).getTime() < 300_000
