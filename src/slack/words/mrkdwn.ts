import { boundedMap } from '../../bounded-map.ts'
import { cut, fitting, inLetters, unturned, wellFormed } from '../../domain/cut.ts'

/** User text inside mrkdwn: nothing in it mentions, links or formats. */
export const escapeText = (text: string): string =>
  wellFormed(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Escaped, and shortened to so many letters. */
export const plainWords = (text: string, most: number): string =>
  escapeText(cut(unturned(text), most, inLetters)).replace(/[*_~`]/g, (mark) => `\u200b${mark}\u200b`)

/** What is read as one: a date, a mention or a link, an escape, or a character as it is shown. */
const marks = /<[^<>\n]*>|&(?:amp|lt|gt);/

/** Composed mrkdwn, at most so long: whole lines where there are several, and never a part of a date or an escape. */
export function cutMarked(text: string, most: number): string {
  const whole = wellFormed(text)
  if (whole.length <= most) return whole
  const lines = whole.split(/(?<=\n)/)
  const kept = fitting(lines, most - 1).trimEnd()
  if (kept !== '') return `${kept}\n…`.slice(0, most)
  const parts = whole
    .split(new RegExp(`(${marks.source})`))
    .flatMap((part) =>
      marks.test(part) ? [part] : [...segmenter.segment(part)].map(({ segment }) => segment),
    )
  return `${fitting(parts, most - 1)}…`
}

const segmenter = new Intl.Segmenter()

/** Lines under a title, as many as fit whole, and a last one for how many are missing `of` all. */
export function wholeLines(
  title: string,
  lines: readonly string[],
  {
    most = 3_000,
    atMost = lines.length,
    of = lines.length,
    more = (missing) => `…and ${missing} more`,
  }: { most?: number; atMost?: number; of?: number; more?: (missing: number) => string } = {},
): string {
  const room = most - more(of).length - title.length - 1
  let size = 0
  const fit = lines.slice(0, atMost).findIndex((line) => (size += line.length + 1) > room)
  const shown = fit === -1 ? lines.slice(0, atMost) : lines.slice(0, fit)
  const missing = of - shown.length
  return [title, ...shown, ...(missing > 0 ? [more(missing)] : [])].join('\n')
}

/** An instant in each reader's own zone: "today at 12:04". */
export function when(at: Date): string {
  return dated(at, '{date_short_pretty} at {time}')
}

/** The same words where mrkdwn is not read: fields of modals, and `text`. Times are spelled with their zone. */
export const unmarked = (text: string): string =>
  text
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('\u200b', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** The time of day in each reader's own zone. */
export const clockTime = (at: Date): string => dated(at, '{time}')

/** For `text`, which is not rendered: the time with its zone spelled. */
export function spelled(at: Date, zone = 'UTC'): string {
  try {
    return inZone(at, zone)
  } catch {
    // A zone that this Node does not know must not keep a message from being sent.
    return inZone(at, 'UTC')
  }
}

function inZone(at: Date, zone: string): string {
  let format = formats.get(zone)
  if (!format) {
    const fields = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...fields })
    formats.set(zone, format)
  }
  return `${format.format(at).replace(', ', ' ')} (${zone})`
}

/** Making one takes a thousand times as long as using it. */
const formats = boundedMap<Intl.DateTimeFormat>(500)

export const mention = (userId: string): string => `<@${userId}>`

function dated(at: Date, format: string): string {
  const seconds = Math.floor(at.getTime() / 1_000)
  return `<!date^${seconds}^${format}|${spelled(at)}>`
}
