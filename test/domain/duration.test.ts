import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../src/domain/duration.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  ['90m', 90 * MINUTE],
  ['30 min', 30 * MINUTE],
  ['2h', 2 * HOUR],
  ['2 Hours', 2 * HOUR],
  ['90 minutes', 90 * MINUTE],
  ['1 day', DAY],
  ['1d', DAY],
  ['1h30m', 90 * MINUTE],
  ['1 hour 30 minutes', 90 * MINUTE],
  ['1 d 2 h', 26 * HOUR],
  ['1 week', 7 * DAY],
  ['90s', 90_000],
  ['2500ms', 2500],
  ['1.5h', 90 * MINUTE],
  ['0.25h', 15 * MINUTE],
  ['  2h  ', 2 * HOUR],
])('%j is read as a length of time', (written, ms) => {
  expect(parseDuration(written)).toBe(ms)
})

test.each([
  '',
  '0',
  '0m',
  '0h0m',
  '-1h',
  '+1h',
  '2',
  '2 fortnights',
  'h',
  '1h-30m',
  '30m1h',
  '1h1h',
  '1h 30',
  '1.5m',
  '1.5s',
  '0.33h',
  '1,5h',
  '1e3h',
  '1h30',
  'two hours',
  '١h',
  'Infinity d',
  '9999999999d',
  '1.h',
  '.5h',
  'PT1H',
  '1h; 2h',
])('%j is not a length of time', (written) => {
  expect(parseDuration(written)).toBeNull()
})

test.each([
  [2 * HOUR, '2 h'],
  [30 * MINUTE, '30 min'],
  [90 * MINUTE, '1 h 30 min'],
  [DAY, '1 d'],
  [14 * DAY, '14 d'],
  [90_000, '1 min 30 s'],
  [2500, '2 s 500 ms'],
  [0, '0 min'],
  [-5, '0 min'],
])('%d ms is written %j', (ms, written) => {
  expect(formatDuration(ms)).toBe(written)
})

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 * DAY }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  )
})

test('no text makes it throw, or read as nothing, less than nothing or half a millisecond', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9. hmds-]{0,12}$/))
  fc.assert(
    fc.property(texts, (text) => {
      const ms = parseDuration(text)
      expect(ms === null || (Number.isSafeInteger(ms) && ms > 0)).toBe(true)
    }),
  )
})
