/** User text inside mrkdwn: nothing in it mentions, links or formats. */
export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Escaped, and shortened to what fits. */
export const plainWords = (text: string, most: number): string => {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text
  return escapeText(short).replace(/[*_~`]/g, (mark) => `\u200b${mark}\u200b`)
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
    if (formats.size > 500) formats.clear()
    const fields = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...fields })
    formats.set(zone, format)
  }
  return `${format.format(at).replace(', ', ' ')} (${zone})`
}

/** Making one takes a thousand times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>()

export const mention = (userId: string): string => `<@${userId}>`

function dated(at: Date, format: string): string {
  const seconds = Math.floor(at.getTime() / 1_000)
  return `<!date^${seconds}^${format}|${spelled(at)}>`
}
