/** Where and how a reader sees an instant. */
export interface Reader {
  now: Date
  /** Of the browser, if not given. */
  zone?: string
  locale?: string
}

/** Slack's date tokens, in the reader's own zone; an unknown token stays as it is written.
 *  Source: docs.slack.dev, "Formatting text for app surfaces", Date formatting. */
export function formatDate(seconds: number, format: string, reader: Reader): string {
  const at = new Date(seconds * 1000)
  return format.replace(/\{([a-z_]+)\}/g, (token, name: string) => tokenOf(at, name, reader) ?? token)
}

function tokenOf(at: Date, name: string, reader: Reader): string | undefined {
  const pretty = /^(.+)_pretty$/.exec(name)
  if (pretty) return nearDay(at, reader) ?? tokenOf(at, pretty[1] ?? '', reader)
  const inZone = (options: Intl.DateTimeFormatOptions, locale = reader.locale) =>
    new Intl.DateTimeFormat(locale, { ...options, ...(reader.zone && { timeZone: reader.zone }) })
  const part = (options: Intl.DateTimeFormatOptions, type: Intl.DateTimeFormatPartTypes) =>
    inZone(options, 'en-US')
      .formatToParts(at)
      .find((one) => one.type === type)?.value ?? ''
  const month = (style: 'long' | 'short' | '2-digit') => part({ month: style }, 'month')
  const day = part({ day: 'numeric' }, 'day')
  const year = part({ year: 'numeric' }, 'year')
  const weekday = part({ weekday: 'long' }, 'weekday')
  const hour = inZone({ hour: 'numeric' }).resolvedOptions().hour12 ? 'numeric' : '2-digit'
  switch (name) {
    case 'date_num':
      return `${year}-${month('2-digit').padStart(2, '0')}-${day.padStart(2, '0')}`
    case 'date_slash':
      return `${month('2-digit').padStart(2, '0')}/${day.padStart(2, '0')}/${year}`
    case 'date':
      return `${month('long')} ${ordinal(day)}, ${year}`
    case 'date_short':
      return `${month('short')} ${day}, ${year}`
    case 'date_long':
      return `${weekday}, ${month('long')} ${ordinal(day)}, ${year}`
    case 'date_long_full':
      return `${weekday}, ${month('long')} ${day}, ${year}`
    case 'day_divider':
      return `${weekday}, ${month('long')} ${ordinal(day)}`
    case 'time':
      return inZone({ hour, minute: '2-digit' }).format(at)
    case 'time_secs':
      return inZone({ hour, minute: '2-digit', second: '2-digit' }).format(at)
    case 'ago':
      return ago(at, reader.now)
    default:
      return undefined
  }
}

function ordinal(day: string): string {
  const number = Number(day)
  if (number >= 11 && number <= 13) return `${day}th`
  return `${day}${['th', 'st', 'nd', 'rd'][number % 10] ?? 'th'}`
}

/** Yesterday, today and tomorrow of the reader's calendar. */
function nearDay(at: Date, reader: Reader): string | undefined {
  const days = (date: Date) => Date.parse(tokenOf(date, 'date_num', reader) ?? '') / 86_400_000
  const away = days(at) - days(reader.now)
  return away === 0 ? 'today' : away === 1 ? 'tomorrow' : away === -1 ? 'yesterday' : undefined
}

function ago(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1000)
  const [size, unit] = sizes.find(([least]) => Math.abs(seconds) >= least) ?? [1, 'second']
  const count = Math.floor(Math.abs(seconds) / size)
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`
  return seconds < 0 ? `in ${words}` : `${words} ago`
}

const sizes = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const
