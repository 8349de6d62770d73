import {
  nextWords,
  patternWords,
  seriesEndLine,
  seriesLine,
  seriesWord,
} from '../../../src/slack/words/series-words.ts'
import { named } from '../../../src/slack/words/who.ts'
import { ada, after, aPendingGrant, at } from '../../support/builders.ts'
import {
  anEndedSeries,
  anOpenWindow,
  aSeries,
  aStoppedSeries,
  aWindow,
  madeUpTo,
} from '../../support/lives.ts'
import { asRead } from '../../support/shown.ts'

test('how often it opens is said in words; what is asked for once has none', () => {
  expect(patternWords(aSeries())).toBe('every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2026')
  expect(patternWords(aPendingGrant())).toBeNull()
})

describe('it is said when it opens next, and how many are left, while', () => {
  const first = aWindow(aSeries(), 0)
  const skipping = after(madeUpTo(aSeries(), 1), { type: 'skip', by: ada, index: 2 }, at(20), 'recurring')
  const next: [string, Parameters<typeof nextWords>, string][] = [
    ['none was made yet', [aSeries(), []], 'Next opens tomorrow at 13:00; 4 windows are left.'],
    [
      'the first is about to open',
      [madeUpTo(aSeries(), 0), [first]],
      'Next opens tomorrow at 13:00; 4 windows are left.',
    ],
    [
      'the first is open',
      [madeUpTo(aSeries(), 0), [anOpenWindow(aSeries(), 0)]],
      'Next opens Jan 13, 2026 at 13:00; 3 windows are left.',
    ],
    ['the third is skipped', [skipping, []], 'Next opens Jan 27, 2026 at 13:00; it is the last.'],
    [
      'the last is about to open',
      [madeUpTo(aSeries(), 3), [aWindow(aSeries(), 3)]],
      'Next opens Jan 27, 2026 at 13:00; it is the last.',
    ],
    ['the last is open', [madeUpTo(aSeries(), 3), [anOpenWindow(aSeries(), 3)]], 'This is the last window.'],
    ['the last has ended', [madeUpTo(aSeries(), 3), []], 'That was the last window.'],
  ]
  test.each(next)('%s', (_, [series, windows], words) =>
    expect(asRead(nextWords(series, windows))).toBe(words),
  )
})

describe('the card says what is to be known of a series', () => {
  const about = { by: 'Ada', windows: [], name: named }
  const lines: [string, Parameters<typeof seriesLine>[0], string][] = [
    ['it runs', aSeries(), 'Approved by Ada 09:00. Next opens tomorrow at 13:00; 4 windows are left.'],
    [
      'one was missed',
      madeUpTo(aSeries(), 1),
      'Approved by Ada 09:00. Next opens Jan 20, 2026 at 13:00; 2 windows are left. 1 was missed.',
    ],
    [
      'two were missed',
      madeUpTo(aSeries(), 2),
      'Approved by Ada 09:00. Next opens Jan 27, 2026 at 13:00; it is the last. 2 were missed.',
    ],
    ['somebody stopped it', aStoppedSeries(), 'Stopped by Ada (ada@acme.example) 09:10'],
    [
      'a rule stopped it',
      aStoppedSeries({ cause: 'unmatched', by: null, note: 'not in @dba any more' }),
      'Stopped 09:10: not in @dba any more',
    ],
  ]
  test.each(lines)('%s', (_, series, words) => expect(asRead(seriesLine(series, about))).toBe(words))
})

describe('how a series ended', () => {
  const passed = { ...madeUpTo(aSeries(), 3), next: null }
  test('its last window is over', () =>
    expect(asRead(seriesEndLine(anEndedSeries(passed), named))).toBe('Over 09:11'))
  test('somebody stopped it', () =>
    expect(asRead(seriesEndLine(anEndedSeries(), named))).toBe('Stopped by Ada (ada@acme.example) 09:11'))
  test('a rule stopped it, and why', () => {
    const stopped = aStoppedSeries({ cause: 'removed', by: null, note: 'it left the catalog' })
    expect(asRead(seriesEndLine(anEndedSeries(stopped), named))).toBe('Stopped 09:11: it left the catalog')
  })
})

test('the word of status that is read aloud says when it opens, or that it does not', () => {
  expect(seriesWord(aSeries())).toBe('approved, next opens 6 Jan 13:00 (UTC)')
  expect(seriesWord(madeUpTo(aSeries(), 3))).toBe('its last window was opened')
  expect(seriesWord(aStoppedSeries())).toBe('stopped')
})
