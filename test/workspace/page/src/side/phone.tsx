import { useEffect, useRef, useState } from 'preact/hooks'
import type { Act, ShownPhone } from '../../../practice/protocol.ts'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { wordsOf } from '../side-of.ts'
import { phoneLinks } from './phone-links.ts'
import { PhoneScreen } from './phone-screen.tsx'

/** What somebody confirms with: a passkey, an authenticator app, and a browser for the links that Slack shows them. */
export function Phone({ live, personId }: { live: Live; personId: string }) {
  const phone = live.get('phone', personId)
  const person = live.get('person', personId)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [opened, setOpened] = useState<readonly string[]>([])
  const box = useRef<HTMLElement>(null)
  const html = phone?.screen?.html
  useEffect(() => box.current?.scrollTo(0, 0), [html])
  if (!phone || !person) return null
  const does = async (act: Act) => {
    setBusy(true)
    setProblem(null)
    try {
      await live.act(personId, act)
      if (act.do === 'open-on-phone' || act.do === 'send-on-phone') setTyped({})
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusy(false)
  }
  const { screen, told } = phone
  const type = (code: string) => setTyped({ ...typed, code })
  const canType = screen?.html.includes('name="code"') === true
  const links = phoneLinks(live, personId).filter(({ url }) => !opened.includes(url))
  return (
    <aside ref={box} class={`phone ${screen ? 'is-on' : ''}`} aria-label={`${person.name}'s phone`}>
      <header>
        <h2>{person.name}'s phone</h2>
        {screen && (
          <button
            type="button"
            class="icon-button"
            aria-label="Close the page on the phone"
            onClick={() => void does({ do: 'close-on-phone' })}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      {screen && (
        <div class="phone-screen" role="region" aria-label="The page on the phone">
          <p class="phone-address">{new URL(screen.url).host}</p>
          <PhoneScreen
            html={screen.html}
            typed={typed}
            isBusy={isBusy}
            onType={(name, value) => setTyped({ ...typed, [name]: value })}
            onFollow={(href) => void does({ do: 'open-on-phone', link: new URL(href, screen.url).href })}
            onSend={(to, fields) => void does({ do: 'send-on-phone', to, fields })}
            onLetters={(letters) => void does({ do: 'add-to-phone', letters })}
          />
        </div>
      )}
      {links.map(({ words, url }) => (
        <button
          key={url}
          type="button"
          class="button plain"
          disabled={isBusy}
          onClick={() => {
            setOpened([...opened, url])
            void does({ do: 'open-on-phone', link: url })
          }}
        >
          <span class="button-words">
            <Icon name="out" size={14} /> Open “{words}”
          </span>
        </button>
      ))}
      {problem !== null && (
        <p class="problem" role="alert">
          <Icon name="warning" size={15} /> {problem}
        </p>
      )}
      <Keeps phone={phone} isBusy={isBusy} onType={canType ? type : null} onAct={(act) => void does(act)} />
      {told && (
        <p class="told" role="status">
          <span>
            {told.by} ran <code>{told.ran}</code> and says:
          </span>
          <Code digits={told.code} onType={canType ? type : null} />
        </p>
      )}
      <button
        type="button"
        class="link-button"
        disabled={isBusy}
        onClick={() => void does({ do: 'get-code', from: person.name === 'Kim' ? 'Sam' : 'Kim' })}
      >
        Ask {person.name === 'Kim' ? 'Sam' : 'Kim'} for a one-time code, in person
      </button>
    </aside>
  )
}

/** Its passkey and its authenticator app. */
function Keeps(options: {
  phone: ShownPhone
  isBusy: boolean
  onType: ((digits: string) => void) | null
  onAct: (act: Act) => void
}) {
  const { phone, isBusy, onType, onAct } = options
  const [letters, setLetters] = useState('')
  return (
    <dl class="keeps">
      <dt>Passkey</dt>
      <dd>{phone.hasPasskey ? 'kept here' : 'none yet'}</dd>
      <dt>Authenticator app</dt>
      {phone.code ? (
        <dd>
          <Code digits={phone.code.digits} onType={onType} />
          <Seconds until={phone.code.until} />
        </dd>
      ) : (
        <dd>
          <details>
            <summary>none yet</summary>
            <form
              onSubmit={(event) => {
                event.preventDefault()
                if (letters.trim() !== '') onAct({ do: 'add-to-phone', letters })
              }}
            >
              <input
                class="field"
                aria-label="Letters for the authenticator app"
                placeholder="Letters of the page"
                maxLength={100}
                value={letters}
                onInput={({ currentTarget: { value } }) => setLetters(value)}
              />
              <button type="submit" class="button plain" disabled={isBusy || letters.trim() === ''}>
                Add
              </button>
            </form>
          </details>
        </dd>
      )}
    </dl>
  )
}

const Code = ({ digits, onType }: { digits: string; onType: ((digits: string) => void) | null }) => (
  <span class="code-shown">
    <code>{digits}</code>
    {onType && (
      <button type="button" class="link-button" onClick={() => onType(digits)}>
        Type it
      </button>
    )}
  </span>
)

/** Counts down to the next digits. */
function Seconds({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return <small>{Math.max(0, Math.ceil((until - now) / 1000))} s</small>
}
