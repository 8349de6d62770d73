import type { ComponentChildren } from 'preact'
import { Fragment } from 'preact'
import { useSide } from '../side-of.ts'
import { formatDate } from './date.ts'
import { emoji } from './emoji.ts'
import { type Inline, isSafeLink, parseInline, parseMrkdwn } from './mrkdwn.ts'

export interface TextObject {
  type: 'plain_text' | 'mrkdwn'
  text: string
  emoji?: boolean | undefined
  verbatim?: boolean | undefined
}

/** A text object as Slack shows it. */
export function Words({ of }: { of: TextObject }) {
  if (of.type === 'plain_text') return <PlainWords text={of.text} hasEmoji={of.emoji !== false} />
  return <Mrkdwn text={of.text} verbatim={of.verbatim ?? false} />
}

/** plain_text: nothing formats; emoji names are shown as emoji unless it says otherwise. */
export function PlainWords({ text, hasEmoji = true }: { text: string; hasEmoji?: boolean }) {
  const lines = text.split('\n')
  return (
    <>
      {lines.map((line, at) => (
        <Fragment key={at}>
          {at > 0 && <br />}
          {hasEmoji ? withEmoji(line) : line}
        </Fragment>
      ))}
    </>
  )
}

const withEmoji = (line: string): string =>
  line.replace(/:([a-z0-9_+-]+):/g, (whole, name: string) => emoji[name] ?? whole)

export function Mrkdwn({ text, verbatim = false }: { text: string; verbatim?: boolean }) {
  return (
    <>
      {parseMrkdwn(text, { verbatim }).map((part, at) => {
        if (part.is === 'pre')
          return (
            <pre class="pre" key={at}>
              {part.text}
            </pre>
          )
        const lines = part.lines.map((line, index) => (
          <Fragment key={index}>
            {index > 0 && <br />}
            <Line of={line} />
          </Fragment>
        ))
        return part.is === 'quote' ? <blockquote key={at}>{lines}</blockquote> : <span key={at}>{lines}</span>
      })}
    </>
  )
}

function Line({ of }: { of: Inline[] }) {
  return (
    <>
      {of.map((part, at) => (
        <Part key={at} of={part} />
      ))}
    </>
  )
}

function Part({ of }: { of: Inline }): ComponentChildren {
  const { live, personId, now } = useSide()
  switch (of.is) {
    case 'text':
      return of.text
    case 'bold':
      return (
        <strong>
          <Line of={of.of} />
        </strong>
      )
    case 'italic':
      return (
        <em>
          <Line of={of.of} />
        </em>
      )
    case 'strike':
      return (
        <s>
          <Line of={of.of} />
        </s>
      )
    case 'code':
      return <code>{of.text}</code>
    case 'emoji':
      return emoji[of.name] ?? `:${of.name}:`
    case 'link':
      return <Link href={of.href}>{of.label}</Link>
    case 'person': {
      const name = live.get('person', of.id)?.name ?? of.label ?? of.id
      return <span class={`mention ${of.id === personId ? 'is-me' : ''}`}>@{name}</span>
    }
    case 'channel':
      return <span class="mention">#{live.get('channel', of.id)?.name ?? of.label ?? of.id}</span>
    case 'group': {
      const group = live.get('group', of.id)
      const handle = group?.handle ?? of.label?.replace(/^@/, '') ?? of.id
      return <span class={`mention ${group?.members.includes(personId) ? 'is-me' : ''}`}>@{handle}</span>
    }
    case 'everyone':
      return <span class="mention is-me">@{of.word}</span>
    case 'date': {
      const words = formatDate(of.seconds, of.format, { now })
      const shown = (
        <time dateTime={new Date(of.seconds * 1000).toISOString()} title={of.fallback}>
          {words}
        </time>
      )
      return of.href === undefined ? shown : <Link href={of.href}>{shown}</Link>
    }
  }
}

export function Link({ href, children }: { href: string; children: ComponentChildren }) {
  if (!isSafeLink(href)) return <span class="not-a-link">{children}</span>
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  )
}

/** The first line of a message, in one line of words. */
export function inWords(text: string, nameOf: (id: string) => string, now: Date): string {
  const read = (parts: Inline[]): string =>
    parts
      .map((part) => {
        switch (part.is) {
          case 'bold':
          case 'italic':
          case 'strike':
            return read(part.of)
          case 'text':
          case 'code':
            return part.text
          case 'link':
            return part.label
          case 'emoji':
            return emoji[part.name] ?? ''
          case 'date':
            return formatDate(part.seconds, part.format, { now })
          case 'everyone':
            return `@${part.word}`
          case 'channel':
            return `#${nameOf(part.id)}`
          default:
            return `@${nameOf(part.id)}`
        }
      })
      .join('')
  return read(parseInline(text.split('\n')[0] ?? ''))
}
