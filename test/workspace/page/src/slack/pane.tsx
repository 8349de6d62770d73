import { useEffect, useRef, useState } from 'preact/hooks'
import type { ShownMessage } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { type Question, type Side, SideContext } from '../side-of.ts'
import { inWords } from '../words/text.tsx'
import { AppView } from './app-view.tsx'
import { ChannelView } from './channel-view.tsx'
import { Confirm } from './confirm.tsx'
import { channelsOf, dmOf, type Shows, unreadOf } from './conversation.ts'
import { Modal } from './modal.tsx'
import { Sidebar } from './sidebar.tsx'
import { Switcher } from './switcher.tsx'
import { Thread } from './thread.tsx'
import { type Toast, Toasts } from './toasts.tsx'

const toastMs = 8000

/** Slack, as one person sees it. */
export function Pane(options: {
  live: Live
  now: Date
  personId: string
  isFocused: boolean
  name: string
  onSwitch: (personId: string) => void
  onFocus: () => void
}) {
  const { live, now, personId, isFocused, name, onSwitch, onFocus } = options
  const [shows, setShows] = useState<Shows>(() => startOf(live, personId))
  const [thread, setThread] = useState<{ channel: string; ts: string } | null>(null)
  const [asking, setAsking] = useState<{ question: Question; answer: (yes: boolean) => void } | null>(null)
  const [isMenuOpen, setMenuOpen] = useState(false)
  const { toasts, add, drop } = useToasts()
  const dm = dmOf(live, personId)
  const shownId = 'channelId' in shows ? shows.channelId : shows.tab === 'messages' ? dm?.id : undefined
  const show = (next: Shows) => {
    setShows(next)
    setThread(null)
    setMenuOpen(false)
  }
  const side: Side = {
    live,
    personId,
    now,
    act: (act) => live.act(personId, act),
    notice: (text) => add({ title: 'Slack', text }),
    confirm: (question) => new Promise((answer) => setAsking({ question, answer })),
    goTo: (channelId) =>
      show(live.get('channel', channelId)?.kind === 'im' ? { tab: 'messages' } : { channelId }),
  }
  useNews(live, personId, shownId, thread?.ts, add)
  useReading(live, personId, shownId)
  const stack = live.get('stack', personId) ?? []
  const root = thread && live.get('message', `${thread.channel} ${thread.ts}`)
  const rootName = `#${live.get('channel', thread?.channel ?? '')?.name ?? ''}`
  return (
    <SideContext.Provider value={side}>
      <section
        class={`pane ${isFocused ? 'is-focused' : ''}`}
        aria-label={name}
        onFocusCapture={onFocus}
        onPointerDown={onFocus}
      >
        <header class="pane-head" inert={stack.length > 0 || asking !== null}>
          <button
            type="button"
            class="icon-button only-narrow"
            aria-label="Conversations"
            aria-expanded={isMenuOpen}
            onClick={() => setMenuOpen(!isMenuOpen)}
          >
            <Icon name="menu" />
          </button>
          <Switcher live={live} personId={personId} onSwitch={onSwitch} />
        </header>
        <div
          class={`pane-body ${isMenuOpen ? 'is-menu-open' : ''} ${root ? 'has-thread' : ''}`}
          inert={stack.length > 0 || asking !== null}
        >
          <Sidebar shows={shows} onShow={show} />
          {'tab' in shows ? (
            <AppView tab={shows.tab} onTab={(tab) => show({ tab })} />
          ) : (
            <ChannelView
              channelId={shows.channelId}
              onThread={({ channel, ts }: ShownMessage) => setThread({ channel, ts })}
            />
          )}
          {root && <Thread root={root} name={rootName} onClose={() => setThread(null)} />}
        </div>
        {stack.length > 0 && <Modal stack={stack} isCovered={asking !== null} />}
        {asking && (
          <Confirm
            question={asking.question}
            onAnswer={(yes) => {
              setAsking(null)
              asking.answer(yes)
            }}
          />
        )}
        <Toasts toasts={toasts} onDrop={drop} />
      </section>
    </SideContext.Provider>
  )
}

/** The first channel somebody is in, else the app. */
function startOf(live: Live, personId: string): Shows {
  const [first] = channelsOf(live, personId)
  return first ? { channelId: first.id } : { tab: 'home' }
}

function useToasts() {
  const [toasts, setToasts] = useState<Toast[]>([])
  const count = useRef(0)
  const drop = (id: number) => setToasts((all) => all.filter((toast) => toast.id !== id))
  const add = (toast: Omit<Toast, 'id'>) => {
    count.current += 1
    const id = count.current
    setToasts((all) => [...all.slice(-2), { ...toast, id }])
    setTimeout(() => drop(id), toastMs)
  }
  return { toasts, add, drop }
}

/** Tells of messages that come to where the person is not looking. */
function useNews(
  live: Live,
  personId: string,
  shownId: string | undefined,
  threadTs: string | undefined,
  add: (toast: Omit<Toast, 'id'>) => void,
): void {
  const nameOf = (id: string) =>
    live.get('person', id)?.name ?? live.get('group', id)?.handle ?? live.get('channel', id)?.name ?? id
  useEffect(() =>
    live.onMessage((message) => {
      const channel = live.get('channel', message.channel)
      const isMine = channel?.members.includes(personId) && message.user !== personId
      const isForMe = message.onlyFor === undefined || message.onlyFor === personId
      const isReply = message.threadTs !== undefined && message.threadTs !== message.ts
      const isSeen = isReply ? message.threadTs === threadTs : message.channel === shownId
      if (!channel || !isMine || !isForMe || isSeen) return
      const title =
        channel.kind === 'im' ? nameOf(message.user) : `${nameOf(message.user)} in #${channel.name}`
      add({
        title,
        text: inWords(firstWords(message), nameOf, new Date()),
        from: message.user,
        channelId: channel.id,
      })
    }),
  )
}

function firstWords({ blocks, text }: ShownMessage): string {
  for (const block of blocks) if (block.type === 'section' && block.text) return block.text.text
  return text
}

/** What is on the screen counts as read. */
function useReading(live: Live, personId: string, shownId: string | undefined): void {
  const unread = shownId === undefined ? 0 : unreadOf(live, personId, shownId)
  useEffect(() => {
    if (shownId === undefined || unread === 0 || document.hidden) return
    live.act(personId, { do: 'read', channel: shownId }).catch(() => undefined)
  }, [shownId, unread, personId])
}
