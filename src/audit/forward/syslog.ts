import { hostname } from 'node:os'
import type { Receiver, ToForward } from '../../domain/ports/forwarding.ts'
import type { Format } from '../formats.ts'
import { sentOverTls, type TlsPlace } from './tls.ts'
import { saidOf, type Said } from './words.ts'

/** `log audit` (13), informational (6); what is wrong with the record itself is critical (2). Source: RFC 5424, 6.2.1. */
const priorities = { entry: 13 * 8 + 6, unreadable: 13 * 8 + 2, 'went-back': 13 * 8 + 2 } as const

/** What a piece adds to the part of the text that it holds. */
const aroundPiece = JSON.stringify({
  number: Number.MAX_SAFE_INTEGER,
  part: 99_999,
  of: 99_999,
  piece: '',
}).length

/** One connection for all of them: each a message of RFC 5424, by its length as RFC 5425 says. */
export const syslogReceiver = (
  to: TlsPlace & { readonly messageBytes: number },
  format: Format,
): Receiver => ({
  take: (those) => {
    const now = new Date()
    const messages = those.flatMap((one) => messagesOf(one, format, { most: to.messageBytes, now }))
    return sentOverTls(to, Buffer.concat(messages.map(framed)))
  },
})

/** Octets, and how many there are. Source: RFC 5425, 4.3. */
function framed(message: string): Buffer {
  const octets = Buffer.from(message)
  return Buffer.concat([Buffer.from(`${octets.length} `), octets])
}

/** One; or, of what is longer than a receiver takes, as many as it needs: nothing is cut off. */
export function messagesOf(
  one: ToForward,
  format: Format,
  { most, now }: { most: number; now: Date },
): string[] {
  const said = saidOf(one, format)
  const whole = headed(said, said.what, now) + said.text
  if (Buffer.byteLength(whole) <= most) return [whole]
  const head = headed(said, 'part', now)
  const pieces = inPieces(said.text, most - Buffer.byteLength(head) - aroundPiece)
  const number = 'number' in one ? one.number : null
  return pieces.map((piece, i) => head + JSON.stringify({ number, part: i + 1, of: pieces.length, piece }))
}

/** No BOM before the text, which JSON may not have: it is MSG-ANY, and UTF-8. Source: RFC 5424, 6 and 6.4. */
function headed({ what, at }: Said, messageId: string, now: Date): string {
  return `<${priorities[what]}>1 ${(at ?? now).toISOString()} ${host} curfew - ${messageId} - `
}

const host =
  hostname()
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, 255) || '-'

/** Each so long in JSON at most. */
function inPieces(text: string, mostBytes: number): string[] {
  const pieces: string[] = []
  let [piece, bytes] = ['', 0]
  for (const character of text) {
    const more = Buffer.byteLength(JSON.stringify(character)) - 2
    if (bytes + more > mostBytes) {
      pieces.push(piece)
      ;[piece, bytes] = ['', 0]
    }
    piece += character
    bytes += more
  }
  return [...pieces, piece]
}
