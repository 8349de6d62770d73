/** A part of a text as Slack understands it; a tree, so that nothing is ever made from a string of HTML. */
export type Inline =
  | { is: 'text'; text: string }
  | { is: 'bold' | 'italic' | 'strike'; of: Inline[] }
  | { is: 'code'; text: string }
  | { is: 'emoji'; name: string }
  | { is: 'link'; href: string; label: string }
  | { is: 'person' | 'channel'; id: string; label?: string }
  | { is: 'group'; id: string; label?: string }
  | { is: 'everyone'; word: string }
  | { is: 'date'; seconds: number; format: string; href?: string; fallback: string }

export type Paragraph = { is: 'lines' | 'quote'; lines: Inline[][] } | { is: 'pre'; text: string }

/** `verbatim`: bare addresses stay text, as Slack leaves them. */
export function parseMrkdwn(text: string, { verbatim = false } = {}): Paragraph[] {
  return text.split('```').flatMap((part, at, all): Paragraph[] => {
    const isClosed = at < all.length - 1
    if (at % 2 === 1 && isClosed) return [{ is: 'pre', text: unescaped(part.replace(/^\n|\n$/g, '')) }]
    const words = at % 2 === 1 ? '```' + part : at > 0 ? part.replace(/^\n/, '') : part
    return words === '' ? [] : paragraphs(words, verbatim)
  })
}

function paragraphs(text: string, verbatim: boolean): Paragraph[] {
  const found: Paragraph[] = []
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/s.exec(line)
    const is = quoted ? 'quote' : 'lines'
    const inline = parseInline(quoted ? (quoted[1] ?? '') : line, verbatim)
    const last = found.at(-1)
    if (last?.is === is) last.lines.push(inline)
    else found.push({ is, lines: [inline] })
  }
  return found
}

const marks = { '*': 'bold', _: 'italic', '~': 'strike' } as const
const before = /[\s([{"'.,:;·!?/\-—–*_~]/
const after = /[\s)\]}"'.,:;·!?/\-—–…*_~<]/
const bareUrl = /^https?:\/\/[^\s<>|]+[^\s<>|.,:;!?)'"]/

/** One line. Marks count only at the edge of a word, as in Slack; the text inside keeps its own marks. */
export function parseInline(line: string, verbatim = false): Inline[] {
  const found: Inline[] = []
  let text = ''
  const add = (...parts: Inline[]) => {
    if (text !== '') found.push({ is: 'text', text: unescaped(text) })
    text = ''
    found.push(...parts)
  }
  for (let at = 0; at < line.length;) {
    const rest = line.slice(at)
    const isEdge = at === 0 || before.test(line[at - 1] ?? '')
    const step = special(rest, isEdge, verbatim)
    if (!step) {
      text += line[at] ?? ''
      at += 1
      continue
    }
    add(step.part)
    at += step.length
  }
  add()
  return found
}

function special(rest: string, isEdge: boolean, verbatim: boolean): { part: Inline; length: number } | null {
  const token = /^<([^<>\n]+)>/.exec(rest)
  if (token) return { part: parseToken(token[1] ?? ''), length: token[0].length }
  const code = /^`([^`\n]+)`/.exec(rest)
  if (code) return { part: { is: 'code', text: unescaped(code[1] ?? '') }, length: code[0].length }
  const short = /^:([a-z0-9_+-]+):/.exec(rest)
  if (short) return { part: { is: 'emoji', name: short[1] ?? '' }, length: short[0].length }
  if (!isEdge) return null
  const url = verbatim ? null : bareUrl.exec(rest)
  if (url)
    return { part: { is: 'link', href: unescaped(url[0]), label: unescaped(url[0]) }, length: url[0].length }
  const mark = rest[0]
  if (mark !== '*' && mark !== '_' && mark !== '~') return null
  const length = endOfMark(rest, mark)
  if (length === 0) return null
  return { part: { is: marks[mark], of: parseInline(rest.slice(1, length - 1), verbatim) }, length }
}

/** How long the marked words are, marks included; 0 if they never end. */
function endOfMark(rest: string, mark: string): number {
  if (/^.[\s*_~]?$/.test(rest) || /\s/.test(rest[1] ?? ' ') || rest[1] === mark) return 0
  let isInToken = false
  for (let at = 1; at < rest.length; at += 1) {
    const char = rest[at]
    if (char === '<') isInToken = true
    else if (char === '>') isInToken = false
    if (isInToken || at === 1 || char !== mark || /\s/.test(rest[at - 1] ?? '')) continue
    const next = rest[at + 1]
    if (next === undefined || after.test(next)) return at + 1
  }
  return 0
}

/** What stands between angle brackets. */
function parseToken(inside: string): Inline {
  const [target = '', ...labels] = inside.split('|')
  const label = labels.length > 0 ? { label: unescaped(labels.join('|')) } : {}
  if (/^@[UW]/.test(target)) return { is: 'person', id: target.slice(1), ...label }
  if (/^#C/.test(target)) return { is: 'channel', id: target.slice(1), ...label }
  if (target.startsWith('!subteam^')) return { is: 'group', id: target.slice(9), ...label }
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = '', href] = target.split('^')
    const fallback = label.label ?? format
    if (!/^\d+$/.test(seconds)) return { is: 'text', text: fallback }
    const link = href === undefined ? {} : { href: unescaped(href) }
    return { is: 'date', seconds: Number(seconds), format: unescaped(format), fallback, ...link }
  }
  if (target.startsWith('!')) return { is: 'everyone', word: label.label ?? target.slice(1) }
  const href = unescaped(target)
  return { is: 'link', href, label: label.label ?? href.replace(/^mailto:/, '') }
}

/** Only these are followed; anything else (a script, a file) stays words. */
export const isSafeLink = (href: string): boolean => /^(https?:|mailto:)/i.test(href)

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
