import { isLink, type Link } from '../../domain/audit/chain.ts'
import { readRecorded } from '../../domain/audit/recorded.ts'
import { isWord, type ToForward } from '../../domain/ports/forwarding.ts'
import type { Format } from '../formats.ts'

/** What is said of one of those that are sent on. */
export interface Said {
  /** Without a line's end. */
  readonly text: string
  /** Null: of now. */
  readonly at: Date | null
  readonly what: 'entry' | 'unreadable' | 'went-back'
}

/**
 * An entry by its format. What is none, and what this version has no words for, is told of as JSON, with all that stands
 * there: whoever has the key can check it all the same.
 */
export function saidOf(one: ToForward, format: Format): Said {
  if (isWord(one)) {
    const { had, from } = one
    return { text: JSON.stringify({ recordWentBack: true, had, from }), at: null, what: 'went-back' }
  }
  if (!isLink(one))
    return { text: JSON.stringify({ number: one.number, unreadable: true }), at: null, what: 'unreadable' }
  const line = lineOf(one, format)
  if (line !== null) return { text: line.replace(/\r?\n$/, ''), at: one.at, what: 'entry' }
  const { number, source, at, keyId, mark, text } = one
  const asItStands = { number, source, at, keyId, mark, text, unreadable: true }
  return { text: JSON.stringify(asItStands), at, what: 'unreadable' }
}

/** Null: this version has no words for it, or that format has none. It is told of as it stands then, and holds up no other. */
function lineOf(link: Link, format: Format): string | null {
  const entry = readRecorded(link)
  if (entry === null) return null
  try {
    return format.line(link, entry)
  } catch {
    return null
  }
}
