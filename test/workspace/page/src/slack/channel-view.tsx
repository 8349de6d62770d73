import type { ShownMessage } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import { useSide } from '../side-of.ts'
import { Composer } from './composer.tsx'
import { messagesIn } from './conversation.ts'
import { MessageList } from './message-list.tsx'

/** A channel: its name, its messages, a place to write. */
export function ChannelView({
  channelId,
  onThread,
}: {
  channelId: string
  onThread: (message: ShownMessage) => void
}) {
  const { live, personId } = useSide()
  const channel = live.get('channel', channelId)
  if (!channel) return <p class="empty">This channel is gone.</p>
  const people = channel.members.filter((id) => live.get('person', id)?.isBot === false)
  return (
    <section class="main" aria-label={`#${channel.name}`}>
      <header class="main-head">
        <h2>
          <Icon name={channel.kind === 'private' ? 'lock' : 'hash'} /> {channel.name}
        </h2>
        <span class="members">{people.length === 1 ? '1 person' : `${people.length} people`}</span>
      </header>
      <MessageList
        messages={messagesIn(live, personId, channelId)}
        label={`Messages in ${channel.name}`}
        empty={`Nobody has written in #${channel.name} yet.`}
        onThread={onThread}
      />
      <Composer key={channelId} channelId={channelId} name={`#${channel.name}`} />
    </section>
  )
}
