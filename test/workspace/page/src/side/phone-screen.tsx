import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'

interface Does {
  /** What is typed into the fields of the page, by their names. */
  typed: Readonly<Record<string, string>>
  isBusy: boolean
  onType: (name: string, value: string) => void
  onFollow: (link: string) => void
  onSend: (to: string, fields: Readonly<Record<string, string>>) => void
  /** The letters for an authenticator app, which the page shows. */
  onLetters: (letters: string) => void
}

/** A page of Curfew as a phone shows it: its words, links and forms. Its scripts are not run; the phone does what they do. */
export function PhoneScreen({ html, ...does }: { html: string } & Does) {
  const page = useMemo(() => new DOMParser().parseFromString(html, 'text/html'), [html])
  return <div class="phone-page">{drawAll(page.body, does)}</div>
}

const drawAll = (node: Node, does: Does): ComponentChildren =>
  [...node.childNodes].map((child) =>
    child instanceof Element ? drawElement(child, does) : child.textContent,
  )

function drawElement(element: Element, does: Does): ComponentChildren {
  switch (element.localName) {
    case 'h1':
    case 'h2':
      return <h4>{element.textContent}</h4>
    case 'main':
      return drawAll(element, does)
    case 'p':
      return <Paragraph element={element} does={does} />
    case 'b':
      return <b>{element.textContent}</b>
    case 'span':
    case 'time':
      return element.textContent
    case 'a':
      return <Link element={element} does={does} />
    case 'form':
      return <Form form={element} does={does} />
    case 'label':
      return <label for={phoneId(element.getAttribute('for'))}>{element.textContent}</label>
    case 'input':
      return <Field element={element} does={does} />
    case 'button':
      return (
        <button
          type="submit"
          class={`button ${element.classList.contains('quiet') ? 'plain' : 'primary'}`}
          aria-label={element.getAttribute('aria-label') ?? undefined}
          disabled={does.isBusy}
        >
          {element.textContent}
        </button>
      )
    default:
      return null
  }
}

/** A phone cannot scan its own screen: its authenticator app takes the letters. What needs scripts is done by the phone. */
function Paragraph({ element, does }: { element: Element; does: Does }) {
  const { classList, textContent: words } = element
  if (classList.contains('said')) return null
  if (!classList.contains('letters'))
    return <p class={classList.contains('wrong') ? 'problem' : ''}>{drawAll(element, does)}</p>
  return (
    <p class="letters">
      <code>{words}</code>
      <button type="button" class="button plain" disabled={does.isBusy} onClick={() => does.onLetters(words)}>
        Add it to the authenticator app
      </button>
    </p>
  )
}

const Link = ({ element, does }: { element: Element; does: Does }) => (
  <button
    type="button"
    class="link-button"
    disabled={does.isBusy}
    onClick={() => does.onFollow(element.getAttribute('href') ?? '')}
  >
    {element.textContent}
  </button>
)

function Form({ form, does }: { form: Element; does: Does }) {
  const to = form.getAttribute('action') ?? ''
  const send = () => {
    const fields = [...form.querySelectorAll('input')].map(({ name, defaultValue }): [string, string] => [
      name,
      does.typed[name] ?? defaultValue,
    ])
    does.onSend(to, Object.fromEntries(fields))
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {drawAll(form, does)}
      {form.hasAttribute('data-passkey') && <small>The phone asks for your finger, and signs.</small>}
    </form>
  )
}

function Field({ element, does }: { element: Element; does: Does }) {
  if (!(element instanceof HTMLInputElement) || element.type === 'hidden') return null
  const { name, defaultValue } = element
  return (
    <input
      id={phoneId(element.id)}
      class="field"
      autocomplete="off"
      required
      value={does.typed[name] ?? defaultValue}
      onInput={({ currentTarget: { value } }) => does.onType(name, value)}
    />
  )
}

/** Two pages stand in one document. */
const phoneId = (id: string | null): string => `phone-${id ?? ''}`
