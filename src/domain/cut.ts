/** Halves of letters, which Slack and other JSON readers refuse, become the mark for "not readable". */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

/** What turns the writing of all that follows around: whoever is named next would be read as somebody else. */
const turns = /\p{Bidi_Control}/gu

/** Without that. */
export const unturned = (text: string): string => text.replace(turns, '')

/** On one line, too: nothing in it changes how what stands beside it is read. */
export const keptApart = (text: string): string =>
  unturned(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()

/** How a text is measured: by its letters (code points), or as strictly as anybody could count (UTF-16 units). */
type Measure = (text: string) => number
export const inLetters: Measure = (text) => Array.from(text).length
export const inUnits: Measure = (text) => text.length

/** At most so long, with "…" where something is missing; never in the middle of what is shown as one character. */
export function cut(text: string, most: number, measure: Measure = inUnits): string {
  const whole = wellFormed(text)
  if (measure(whole) <= most) return whole
  return `${fitting(pieces(whole), most - 1, measure) || fitting(whole, most - 1, measure)}…`
}

/** The first of them, as far as all of each fits. */
export function fitting(parts: Iterable<string>, most: number, measure: Measure = inUnits): string {
  let kept = ''
  let size = 0
  for (const part of parts) {
    size += measure(part)
    if (size > most) break
    kept += part
  }
  return kept
}

const segmenter = new Intl.Segmenter()

function* pieces(text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment
}
