import { useEffect } from 'preact/hooks'
import { Blocks } from '../blocks/block.tsx'
import { SurfaceContext } from '../blocks/surface.ts'
import { Avatar } from '../avatar.tsx'
import { useSide, wordsOf } from '../side-of.ts'
import { Composer } from './composer.tsx'
import { dmOf, messagesIn } from './conversation.ts'
import { MessageList } from './message-list.tsx'

/** The app's own place: its Home tab, and the DM with it. */
export function AppView({
  tab,
  onTab,
}: {
  tab: 'home' | 'messages'
  onTab: (tab: 'home' | 'messages') => void
}) {
  const { live, personId, act, notice } = useSide()
  const workspace = live.get('workspace', 'it')
  const name = workspace?.appName ?? 'App'
  const dm = dmOf(live, personId)
  useEffect(() => {
    act({ do: tab === 'home' ? 'open-home' : 'open-messages' }).catch((error: unknown) =>
      notice(wordsOf(error)),
    )
  }, [tab, personId])
  return (
    <section class="main" aria-label={name}>
      <header class="main-head with-tabs">
        <h2>
          <Avatar person={live.get('person', workspace?.botUserId ?? '')} size="s" /> {name}
        </h2>
        <div class="tabs" role="tablist" aria-label={`${name}'s tabs`}>
          {(['home', 'messages'] as const).map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              aria-selected={tab === one}
              tabIndex={tab === one ? 0 : -1}
              onClick={() => onTab(one)}
              onKeyDown={({ key, currentTarget }) => {
                if (key !== 'ArrowLeft' && key !== 'ArrowRight') return
                onTab(one === 'home' ? 'messages' : 'home')
                const other = currentTarget.nextElementSibling ?? currentTarget.previousElementSibling
                if (other instanceof HTMLElement) other.focus()
              }}
            >
              {one === 'home' ? 'Home' : 'Messages'}
            </button>
          ))}
        </div>
      </header>
      {tab === 'home' ? (
        <HomeTab name={name} onMessages={() => onTab('messages')} />
      ) : (
        <>
          <MessageList
            messages={dm ? messagesIn(live, personId, dm.id) : []}
            label={`Messages with ${name}`}
            empty={`This is your conversation with ${name}. What concerns you alone arrives here.`}
          />
          {dm && <Composer channelId={dm.id} name={name} />}
        </>
      )}
    </section>
  )
}

function HomeTab({ name, onMessages }: { name: string; onMessages: () => void }) {
  const { live, personId } = useSide()
  const home = live.get('home', personId)
  const workspace = live.get('workspace', 'it')
  if (!home)
    return (
      <div class="empty empty-home" role="region" aria-label="Home">
        <Avatar person={live.get('person', workspace?.botUserId ?? '')} size="l" />
        <strong>Nothing here yet</strong>
        <p>
          {name} keeps this page empty for now. Type <code>{workspace?.commands[0] ?? '/'}</code> in any
          channel; what concerns you arrives under Messages.
        </p>
        <button type="button" class="button plain" onClick={onMessages}>
          <span class="button-words">Open Messages</span>
        </button>
      </div>
    )
  return (
    <div class="home" role="region" aria-label="Home" tabIndex={0}>
      <SurfaceContext.Provider value={{ where: { in: 'home' }, values: home.values, errors: home.errors }}>
        <Blocks blocks={home.blocks} />
      </SurfaceContext.Provider>
    </div>
  )
}
