const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Longest first. The first word of each is how `formatDuration` writes it. */
const UNITS = [
  { ms: 7 * DAY, words: ['w', 'week', 'weeks'] },
  { ms: DAY, words: ['d', 'day', 'days'] },
  { ms: HOUR, words: ['h', 'hr', 'hrs', 'hour', 'hours'] },
  { ms: MINUTE, words: ['min', 'm', 'mins', 'minute', 'minutes'] },
  { ms: SECOND, words: ['s', 'sec', 'secs', 'second', 'seconds'] },
  { ms: 1, words: ['ms'] },
] as const

const PART = /\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)/iy

/**
 * Milliseconds, or null for whatever is not plainly a length of time.
 *
 * Reads what people type and what catalogs hold: `90m`, `2h`, `1d`, `1h30m`, `2 hours`, `1 hour 30 minutes`, `2500ms`.
 * Units go from long to short, each once. A fraction must be a whole number of minutes (`1.5h`, not `1.5s`).
 * Never zero, negative or rounded.
 */
export function parseDuration(text: string): number | null {
  const written = text.trim()
  let total = 0
  let lastUnitMs = Infinity
  PART.lastIndex = 0
  while (PART.lastIndex < written.length) {
    const [, amount, word] = PART.exec(written) ?? []
    if (amount === undefined || word === undefined) return null
    const unitMs = UNITS.find(({ words }) => words.some((known) => known === word.toLowerCase()))?.ms
    if (unitMs === undefined || unitMs >= lastUnitMs) return null
    const partMs = exactMs(amount, unitMs)
    if (partMs === null) return null
    total += partMs
    lastUnitMs = unitMs
  }
  return total > 0 && Number.isSafeInteger(total) ? total : null
}

function exactMs(amount: string, unitMs: number): number | null {
  const [whole = '', fraction = ''] = amount.split('.')
  if (fraction === '') return Number(whole) * unitMs
  const scale = 10 ** fraction.length
  const scaled = Number(fraction) * unitMs
  if (scaled % (scale * MINUTE) !== 0) return null
  return Number(whole) * unitMs + scaled / scale
}

/** `2 h`, `30 min`, `1 h 30 min`, `1 d`: exact, and read back the same by `parseDuration`. Nothing left is `0 min`. */
export function formatDuration(ms: number): string {
  const parts: string[] = []
  let left = Math.max(0, Math.trunc(ms))
  for (const unit of UNITS.slice(1)) {
    const count = Math.floor(left / unit.ms)
    if (count > 0) parts.push(`${count} ${unit.words[0]}`)
    left -= count * unit.ms
  }
  return parts.join(' ') || '0 min'
}
