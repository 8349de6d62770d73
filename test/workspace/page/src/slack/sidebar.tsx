import { AppIcon, Icon } from '../icons.tsx'
import { useSide } from '../side-of.ts'
import { channelsOf, dmOf, type Shows, unreadOf } from './conversation.ts'

/** Channels and apps, with what is unread. */
export function Sidebar({ shows, onShow }: { shows: Shows; onShow: (shows: Shows) => void }) {
  const { live, personId } = useSide()
  const workspace = live.get('workspace', 'it')
  const isStranger = live.get('person', personId)?.isStranger ?? false
  const channels = channelsOf(live, personId)
  const dm = dmOf(live, personId)
  const unread = dm ? unreadOf(live, personId, dm.id) : 0
  return (
    <nav class="sidebar" aria-label="Conversations">
      <p class="workspace-name">{workspace?.name}</p>
      <h3>Channels</h3>
      <ul>
        {channels.map(({ id, name, kind }) => (
          <li key={id}>
            <Entry
              isChosen={'channelId' in shows && shows.channelId === id}
              unread={unreadOf(live, personId, id)}
              onClick={() => onShow({ channelId: id })}
            >
              <Icon name={kind === 'private' ? 'lock' : 'hash'} size={16} />
              <span class="entry-name">{name}</span>
            </Entry>
          </li>
        ))}
        {channels.length === 0 && <li class="none">none yet</li>}
      </ul>
      {!isStranger && (
        <>
          <h3>Apps</h3>
          <ul>
            <li>
              <Entry
                isChosen={'tab' in shows}
                unread={unread}
                onClick={() => onShow({ tab: unread > 0 || dm !== undefined ? 'messages' : 'home' })}
              >
                <span class="entry-app">
                  <AppIcon />
                </span>
                <span class="entry-name">{workspace?.appName}</span>
              </Entry>
            </li>
          </ul>
        </>
      )}
    </nav>
  )
}

function Entry(options: {
  isChosen: boolean
  unread: number
  onClick: () => void
  children: preact.ComponentChildren
}) {
  const { isChosen, unread, onClick, children } = options
  return (
    <button
      type="button"
      class={`entry ${isChosen ? 'is-chosen' : ''} ${unread > 0 ? 'is-unread' : ''}`}
      aria-current={isChosen ? 'page' : undefined}
      onClick={onClick}
    >
      {children}
      {unread > 0 && (
        <span class="badge">
          {unread}
          <span class="unseen"> unread</span>
        </span>
      )}
    </button>
  )
}
