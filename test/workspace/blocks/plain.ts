import type { Block, Interactive } from './blocks.ts'
import type { Text } from './composition.ts'
import { elementsOf } from './controls.ts'

/** What ids read as: `U…`, `C…` and `S…` to the words on screen. */
export type NameOf = (id: string) => string

/** All the words a person sees, one line a block; buttons in square brackets. */
export function plainOf(blocks: readonly Block[], nameOf: NameOf): string {
  return blocks
    .map((block) => linesOf(block, nameOf).join('\n'))
    .filter((line) => line !== '')
    .join('\n')
}

/** mrkdwn as it reads: marks dropped, mentions named, links by their label, dates by their fallback. */
export function readMrkdwn(text: string, nameOf: NameOf): string {
  const named = text.replace(/<([^<>\s][^<>]*)>/g, (_, inside: string) => readToken(inside, nameOf))
  return unescape(unmark(named))
}

export function readText(text: Text, nameOf: NameOf): string {
  return text.type === 'plain_text' ? text.text : readMrkdwn(text.text, nameOf)
}

function linesOf(block: Block, nameOf: NameOf): string[] {
  const read = (text: Text | undefined) => (text ? [readText(text, nameOf)] : [])
  switch (block.type) {
    case 'section':
      return [
        ...read(block.text),
        ...(block.fields ?? []).flatMap(read),
        ...elementsOf(block).map((e) => words(e, nameOf)),
      ]
    case 'actions':
      return [block.elements.map((element) => words(element, nameOf)).join(' ')]
    case 'input':
      return [block.label.text, words(block.element, nameOf), ...read(block.hint)].filter(
        (line) => line !== '',
      )
    case 'context':
      return [block.elements.map((e) => (e.type === 'image' ? e.alt_text : readText(e, nameOf))).join(' ')]
    case 'header':
    case 'alert':
      return read(block.text)
    case 'image':
      return [...read(block.title), block.alt_text]
    case 'markdown':
      return [block.text]
    case 'divider':
      return []
  }
}

/** What an element shows before anyone touches it. */
function words(element: Interactive, nameOf: NameOf): string {
  switch (element.type) {
    case 'button':
      return `[${element.text.text}]`
    case 'overflow':
      return `[… ${element.options.map((option) => option.text.text).join(' / ')}]`
    case 'checkboxes':
    case 'radio_buttons':
      return element.options.map((option) => `( ) ${readText(option.text, nameOf)}`).join('\n')
    default:
      return 'placeholder' in element && element.placeholder ? element.placeholder.text : ''
  }
}

function readToken(inside: string, nameOf: NameOf): string {
  const [target, label] = splitOnce(inside, '|')
  if (/^@[UW]/.test(target)) return `@${nameOf(target.slice(1))}`
  if (/^#C/.test(target)) return `#${nameOf(target.slice(1))}`
  if (target.startsWith('!subteam^')) return label ?? `@${nameOf(target.slice('!subteam^'.length))}`
  if (target.startsWith('!date^')) return label ?? target
  if (target.startsWith('!')) return `@${target.slice(1)}`
  return label ?? target.replace(/^mailto:/, '')
}

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function unmark(text: string): string {
  const marked = /(^|[\s([{"'.,:;·])([*_~`])(?=\S)([^\n]*?\S)\2(?=$|[\s)\]}"'.,:;!?·])/gm
  const once = text.replace(marked, '$1$3')
  return once === text ? text : unmark(once)
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
