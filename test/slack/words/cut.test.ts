import { cut, inLetters } from '../../../src/domain/cut.ts'
import { section } from '../../../src/slack/words/blocks.ts'
import { cutMarked, plainWords, when, wholeLines } from '../../../src/slack/words/mrkdwn.ts'

const family = '👩‍👩‍👧'

test('what is shown as one character is never cut in two, wherever the limit falls', () => {
  const text = `Riley 🌻 ${family} é`
  for (let most = 1; most <= text.length + 1; most++) {
    const short = cut(text, most)
    expect(short.length).toBeLessThanOrEqual(most)
    expect(short).not.toMatch(/\p{Surrogate}|\u200d…/u)
  }
  expect(cut(text, text.length)).toBe(text)
})

test('a name of sixty letters is shown whole, whatever letters they are', () => {
  expect(plainWords('🌻'.repeat(60), 60)).toBe('🌻'.repeat(60))
  expect(plainWords('🌻'.repeat(61), 60)).toBe(`${'🌻'.repeat(59)}…`)
  expect(cut('🌻'.repeat(61), 60, inLetters)).toBe(`${'🌻'.repeat(59)}…`)
})

test('one character that is longer than all the room is cut all the same', () => {
  expect(cut(`e${'\u0301'.repeat(500)}`, 20)).toHaveLength(20)
})

test('half a character becomes a mark', () => {
  expect(plainWords('Riley \ud83c', 60)).toBe('Riley \ufffd')
})

test('a text on one line is never cut inside a date, a mention or an escape', () => {
  const text = `${when(new Date(0))} &amp; <@U1> &lt; `.repeat(3)
  for (let most = 2; most < text.length; most++) {
    const short = cutMarked(text, most)
    expect(short.length).toBeLessThanOrEqual(most)
    expect(short.replace(/<[^<>]*>|&(amp|lt);/g, '')).not.toMatch(/[<>&]/)
  }
})

test('lines are kept whole, and the last says how many are missing', () => {
  const lines = Array.from({ length: 100 }, (_, i) => `• line ${i}: ${'x'.repeat(80)}`)
  const text = wholeLines('*Title*', lines)
  const shown = text.split('\n')
  expect(text.length).toBeLessThanOrEqual(3_000)
  expect(shown.at(-1)).toBe(`…and ${100 - (shown.length - 2)} more`)
  expect(lines).toEqual(expect.arrayContaining(shown.slice(1, -1)))
  expect(wholeLines('*Title*', lines.slice(0, 3))).toBe(['*Title*', ...lines.slice(0, 3)].join('\n'))
  expect(JSON.stringify(section(lines.join('\n')))).toContain('\\n…"')
})
