import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../icons.tsx'
import { Menu, usePopup } from '../menu.tsx'
import { outcomeWords, useSide, wordsOf } from '../side-of.ts'

/** Writing, slash commands with completion, and the shortcuts behind the lightning. */
export function Composer({ channelId, name, thread }: { channelId: string; name: string; thread?: string }) {
  const { live, personId, act, notice } = useSide()
  const [text, setText] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [at, setAt] = useState(0)
  const [isDismissed, setDismissed] = useState(false)
  const input = useRef<HTMLTextAreaElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const workspace = live.get('workspace', 'it')
  const isStranger = live.get('person', personId)?.isStranger ?? false
  const commands = isStranger || thread !== undefined ? [] : (workspace?.commands ?? [])
  const offered = isDismissed || !/^\/\S*$/.test(text) ? [] : commands.filter((one) => one.startsWith(text))
  const isOffering = offered.length > 0 && !offered.includes(text)
  const popup = usePopup(isOffering, box, true)
  useEffect(() => {
    const element = input.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, 160)}px`
  }, [text])

  const send = async () => {
    const line = text.trim()
    if (line === '' || isBusy) return
    setProblem(null)
    const isCommand = line.startsWith('/')
    if (isCommand && thread !== undefined) {
      setProblem('Commands do nothing in threads. Use the lightning instead.')
      return
    }
    if (isCommand && isStranger) {
      setProblem(`${line.split(' ')[0] ?? line} is not a valid command: the app lives in another workspace.`)
      return
    }
    setBusy(true)
    setText('')
    try {
      const answer = isCommand
        ? await act({ do: 'run', line, channel: channelId })
        : await act({
            do: 'say',
            channel: channelId,
            text: escaped(line),
            ...(thread !== undefined && { thread }),
          })
      const words = outcomeWords(answer.outcome, workspace?.appName ?? 'The app')
      if (words !== null) {
        setProblem(words)
        setText(line)
      }
    } catch (error) {
      setProblem(wordsOf(error))
      setText(line)
    }
    setBusy(false)
  }
  const complete = (command: string | undefined) => {
    if (command !== undefined) setText(`${command} `)
    input.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return
    if (isOffering && ['ArrowDown', 'ArrowUp'].includes(event.key))
      setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + offered.length) % offered.length)
    else if (isOffering && (event.key === 'Tab' || event.key === 'Enter')) complete(offered[at] ?? offered[0])
    else if (isOffering && event.key === 'Escape') setDismissed(true)
    else if (event.key === 'Enter' && !event.shiftKey) void send()
    else return
    event.preventDefault()
  }
  const useShortcut = async (callbackId: string) => {
    try {
      const { outcome } = await act({ do: 'use-shortcut', callbackId })
      const words = outcomeWords(outcome, workspace?.appName ?? 'The app')
      if (words !== null) notice(words)
    } catch (error) {
      notice(wordsOf(error))
    }
  }
  const shortcuts = isStranger ? [] : (workspace?.shortcuts ?? [])
  return (
    <div class="composer-place">
      <div class="composer" ref={box}>
        <textarea
          ref={input}
          rows={1}
          value={text}
          aria-label={thread === undefined ? `Message ${name}` : 'Reply in thread'}
          placeholder={thread === undefined ? `Message ${name}` : 'Reply…'}
          aria-describedby={problem === null ? undefined : 'composer-problem'}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value)
            setDismissed(false)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <div class="composer-bar">
          {shortcuts.length > 0 && (
            <Menu
              label="Shortcuts"
              className="icon-button"
              heading="Shortcuts"
              items={shortcuts.map((callbackId) => ({
                key: callbackId,
                label: (
                  <span class="option-words">
                    {spokenName(callbackId)}
                    <small>{workspace?.appName}</small>
                  </span>
                ),
                onPick: () => void useShortcut(callbackId),
              }))}
            >
              <Icon name="bolt" />
            </Menu>
          )}
          {commands.length > 0 && (
            <button
              type="button"
              class="icon-button slash"
              aria-label="Commands"
              onClick={() => {
                setText('/')
                setDismissed(false)
                input.current?.focus()
              }}
            >
              /
            </button>
          )}
          <button
            type="button"
            class={`send ${text.trim() === '' ? '' : 'is-ready'}`}
            aria-label="Send"
            aria-busy={isBusy}
            disabled={isBusy || text.trim() === ''}
            onClick={() => void send()}
          >
            {isBusy ? <span class="spinner" /> : <Icon name="send" />}
          </button>
        </div>
        {isOffering && (
          <div ref={popup} popover="manual" class="popup listbox" role="listbox" aria-label="Commands">
            {offered.map((command, index) => (
              <div
                key={command}
                role="option"
                aria-selected={index === at}
                class={`menu-item ${index === at ? 'is-active' : ''}`}
                onPointerMove={() => setAt(index)}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => complete(command)}
              >
                <strong>{command}</strong>
                <small class="menu-end">{workspace?.appName}</small>
              </div>
            ))}
          </div>
        )}
      </div>
      {problem !== null && (
        <p class="problem" role="alert" id="composer-problem">
          <Icon name="warning" size={15} /> {problem}
        </p>
      )}
    </div>
  )
}

/** Slack's client escapes what people write. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** `request_access` as a person would read it. */
function spokenName(callbackId: string): string {
  const words = callbackId.replaceAll(/[_-]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
