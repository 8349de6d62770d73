import {
  fitsWithin,
  fixedWindowAt,
  fixedWindowSchema,
  nextFixedWindow,
} from '../../src/domain/windows/fixed.ts'
import {
  describePattern,
  patternSchema,
  windowCount,
  type Pattern,
} from '../../src/domain/windows/pattern.ts'
import { whyUnusable } from '../../src/domain/windows/problem.ts'
import { durationBetween, isZone } from '../../src/domain/windows/wall-clock.ts'
import { nextWindow, windowAt, windowsLeft } from '../../src/domain/windows/window.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const instant = (iso: string) => new Date(iso)
const longAgo = instant('1970-01-01T00:00:00Z')

const everyDay = [1, 2, 3, 4, 5, 6, 7]

/** Every Tuesday 14:00 to 16:00 in Berlin, in the autumn of 2026 and the January after it. */
const aPattern = (but: Partial<Pattern> = {}): Pattern => ({
  weekdays: [2],
  everyWeeks: 1,
  from: '2026-10-01',
  until: '2027-01-31',
  start: '14:00',
  durationMs: 2 * HOUR,
  zone: 'Europe/Berlin',
  ...but,
})

/** A single window, on this date. */
const onlyOn = (date: string, start: string, zone: string, durationMs = HOUR) =>
  windowAt(aPattern({ weekdays: everyDay, from: date, until: date, start, zone, durationMs }), 0)

const startsOf = (pattern: Pattern) =>
  Array.from({ length: windowCount(pattern) }, (_, index) => windowAt(pattern, index).start.toISOString())

describe('when a window opens', () => {
  test.each([
    // An ordinary day
    ['Europe/Berlin', '2026-07-07', '14:00', '2026-07-07T12:00:00Z'],
    ['Asia/Kathmandu', '2026-07-07', '14:00', '2026-07-07T08:15:00Z'],
    ['UTC', '2026-03-29', '02:30', '2026-03-29T02:30:00Z'],
    ['America/New_York', '2026-07-07', '22:00', '2026-07-08T02:00:00Z'],
    ['Pacific/Kiritimati', '2026-07-07', '00:00', '2026-07-06T10:00:00Z'],
    // Around a change of clocks
    ['Europe/Berlin', '2026-03-28', '02:30', '2026-03-28T01:30:00Z'],
    ['Europe/Berlin', '2026-03-30', '02:30', '2026-03-30T00:30:00Z'],
    ['Europe/Berlin', '2026-03-29', '01:59', '2026-03-29T00:59:00Z'],
    ['Europe/Berlin', '2026-03-29', '03:00', '2026-03-29T01:00:00Z'],
    ['America/New_York', '2026-03-08', '03:00', '2026-03-08T07:00:00Z'],
    // Ramadan in Morocco: an hour back for a month, and it is the summer that is standard
    ['Africa/Casablanca', '2026-02-14', '14:00', '2026-02-14T13:00:00Z'],
    ['Africa/Casablanca', '2026-02-16', '14:00', '2026-02-16T14:00:00Z'],
    ['Africa/Casablanca', '2026-03-23', '14:00', '2026-03-23T13:00:00Z'],
  ])('%s %s %s is at %s', (zone, date, start, at) => {
    expect(onlyOn(date, start, zone).start).toEqual(instant(at))
  })

  test.each([
    ['Europe/Berlin', '2026-10-25', '02:00', '2026-10-25T00:00:00Z'],
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00Z'],
    ['America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-05', '01:45', '2026-04-04T14:45:00Z'],
    ['Africa/Casablanca', '2026-02-15', '02:30', '2026-02-15T01:30:00Z'],
    // Clocks went back over midnight, at 00:01
    ['America/Goose_Bay', '2010-11-07', '00:00', '2010-11-07T03:00:00Z'],
    ['America/Goose_Bay', '2010-11-06', '23:30', '2010-11-07T02:30:00Z'],
  ])('%s %s %s, which comes twice, is the first of the two', (zone, date, start, at) => {
    expect(onlyOn(date, start, zone).start).toEqual(instant(at))
  })

  test.each([
    ['Europe/Berlin', '2026-03-29', '02:00', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-03-29', '02:59', '2026-03-29T01:00:00Z'],
    ['America/New_York', '2026-03-08', '02:30', '2026-03-08T07:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:30:00Z'],
    ['Africa/Casablanca', '2026-03-22', '02:01', '2026-03-22T02:00:00Z'],
    ['America/Havana', '2026-03-08', '00:30', '2026-03-08T05:00:00Z'],
    ['Antarctica/Troll', '2026-03-29', '01:30', '2026-03-29T01:00:00Z'],
  ])('%s %s %s, which never comes, is the first instant after the gap', (zone, date, start, at) => {
    expect(onlyOn(date, start, zone).start).toEqual(instant(at))
  })

  test('a window on the day that Samoa left out opens with the day after it', () => {
    const daily = aPattern({
      weekdays: everyDay,
      from: '2011-12-29',
      until: '2011-12-31',
      zone: 'Pacific/Apia',
    })
    expect(startsOf(daily)).toEqual([
      '2011-12-30T00:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T00:00:00.000Z',
    ])
    expect(whyUnusable(daily, longAgo)).toBeNull()
  })
})

describe('how long it lasts', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', '01:00', '2026-03-29T03:00:00Z'],
    ['Europe/Berlin', '2026-03-29', '02:30', '2026-03-29T04:00:00Z'],
    ['Europe/Berlin', '2026-10-25', '01:00', '2026-10-25T02:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-05', '01:00', '2026-04-04T17:00:00Z'],
  ])('%s %s %s: three elapsed hours, whatever the clocks do', (zone, date, start, end) => {
    expect(onlyOn(date, start, zone, 3 * HOUR).end).toEqual(instant(end))
  })

  test.each([
    ['14:00', '16:00', 2 * HOUR],
    ['22:00', '02:00', 4 * HOUR],
    ['23:30', '00:15', 45 * MINUTE],
    ['00:00', '23:59', DAY - MINUTE],
    ['06:00', '06:00', DAY],
  ])('from %s to %s is %d ms', (start, end, ms) => {
    expect(durationBetween(start, end)).toBe(ms)
  })
})

describe('which days', () => {
  test('the story of the contractor: every Tuesday, two hours, until 31 January', () => {
    const tuesdays = aPattern()
    expect(windowCount(tuesdays)).toBe(17)
    expect(windowAt(tuesdays, 0)).toEqual({
      index: 0,
      date: '2026-10-06',
      start: instant('2026-10-06T12:00:00Z'),
      end: instant('2026-10-06T14:00:00Z'),
    })
    expect(windowAt(tuesdays, 3).start).toEqual(instant('2026-10-27T13:00:00Z'))
    expect(windowAt(tuesdays, 16).date).toBe('2027-01-26')
  })

  test('every two weeks counts from the week that the first date is in', () => {
    const from = '2026-12-30'
    const dates = startsOf(aPattern({ weekdays: [1, 4], everyWeeks: 2, from, until: '2027-01-31' }))
    expect(dates.map((start) => start.slice(0, 10))).toEqual([
      '2026-12-31',
      '2027-01-11',
      '2027-01-14',
      '2027-01-25',
      '2027-01-28',
    ])
  })

  test('the first and the last date may both have a window', () => {
    expect(windowCount(aPattern({ from: '2026-10-06', until: '2026-10-06' }))).toBe(1)
    expect(windowCount(aPattern({ from: '2026-10-07', until: '2026-10-12' }))).toBe(0)
  })

  test('a window that crosses midnight belongs to the date it opens on', () => {
    const nights = aPattern({ start: '22:00', durationMs: 4 * HOUR, from: '2026-10-06', until: '2026-10-06' })
    expect(windowAt(nights, 0)).toMatchObject({ date: '2026-10-06', end: instant('2026-10-07T00:00:00Z') })
  })
})

describe('the next one', () => {
  const tuesdays = aPattern()
  const opening = instant('2026-10-06T12:00:00Z')
  const oneMsAfter = (date: Date) => new Date(date.getTime() + 1)

  test('one that opens at this very instant is next, and a millisecond later it is not', () => {
    expect(nextWindow(tuesdays, opening, false)?.index).toBe(0)
    expect(nextWindow(tuesdays, oneMsAfter(opening), false)?.index).toBe(1)
  })

  test('one that is open counts where that is asked for, until the instant it shuts', () => {
    const lastMs = instant('2026-10-06T13:59:59.999Z')
    expect(nextWindow(tuesdays, opening, true)?.index).toBe(0)
    expect(nextWindow(tuesdays, lastMs, true)?.index).toBe(0)
    expect(nextWindow(tuesdays, oneMsAfter(lastMs), true)?.index).toBe(1)
  })

  test('long before the first it is the first, and after the last there is none', () => {
    expect(nextWindow(tuesdays, longAgo, false)?.index).toBe(0)
    expect(nextWindow(tuesdays, instant('2027-01-26T13:00:00.001Z'), false)).toBeNull()
    expect(nextWindow(tuesdays, instant('2027-01-26T14:59:59.999Z'), true)?.index).toBe(16)
    expect(nextWindow(tuesdays, instant('2027-01-26T15:00:00Z'), true)).toBeNull()
  })

  test('those left are the ones that have not opened yet', () => {
    expect(windowsLeft(tuesdays, longAgo)).toBe(17)
    expect(windowsLeft(tuesdays, opening)).toBe(16)
    expect(windowsLeft(tuesdays, instant('2026-10-06T11:59:59.999Z'))).toBe(17)
    expect(windowsLeft(tuesdays, instant('2027-01-26T13:00:00Z'))).toBe(0)
  })

  test('back to back, the one that opens is next at the instant the other shuts', () => {
    const days = aPattern({ weekdays: everyDay, start: '00:00', durationMs: DAY, zone: 'Asia/Kathmandu' })
    expect(whyUnusable(days, longAgo)).toBeNull()
    expect(nextWindow(days, instant('2026-10-01T18:15:00Z'), true)?.date).toBe('2026-10-02')
  })

  test('in the second pass of an overlap, what opened in the first pass is not still to come', () => {
    const days = aPattern({ weekdays: everyDay, start: '02:30', durationMs: HOUR, from: '2026-10-20' })
    expect(nextWindow(days, instant('2026-10-25T01:15:00Z'), false)?.date).toBe('2026-10-26')
    expect(nextWindow(days, instant('2026-10-25T01:15:00Z'), true)?.date).toBe('2026-10-25')
  })

  test('after three years of windows the next costs what the first did', () => {
    const daily = aPattern({ weekdays: everyDay, from: '2024-01-01', until: '2026-12-31' })
    expect(nextWindow(daily, instant('2026-12-31T00:00:00Z'), false)).toMatchObject({
      index: 1095,
      date: '2026-12-31',
    })
  })
})

describe('what cannot be agreed on', () => {
  const now = instant('2026-10-10T00:00:00Z')

  test.each<[string, Partial<Pattern>, object]>([
    [
      'a zone that does not exist',
      { zone: 'Europe/Berln' },
      {
        why: 'no-such-zone',
        words: 'There is no time zone called "Europe/Berln"; one is called "Europe/Berlin".',
      },
    ],
    ['no duration', { durationMs: 0 }, { why: 'no-duration', words: 'A window must last some time.' }],
    ['a negative duration', { durationMs: -1 }, { why: 'no-duration' }],
    [
      'more than a week',
      { durationMs: 7 * DAY + MINUTE, everyWeeks: 4 },
      { why: 'too-long', words: 'A window may last 7 d at most, not 7 d 1 min.' },
    ],
    [
      'an end before the start',
      { until: '2026-09-30' },
      {
        why: 'until-before-from',
        words: 'The last date, 30 September 2026, is before the first, 1 October 2026.',
      },
    ],
    [
      'dates without such a weekday',
      { from: '2026-10-14', until: '2026-10-19' },
      {
        why: 'no-day-inside',
        words: 'Nothing falls on 14 October 2026 to 19 October 2026: every Tuesday is none of those days.',
      },
    ],
    [
      'only weeks that are left out',
      { from: '2026-10-14', until: '2026-10-25', everyWeeks: 2 },
      { why: 'no-day-inside' },
    ],
    [
      'windows that are all over',
      { until: '2026-10-08' },
      {
        why: 'all-past',
        lastEndedAt: instant('2026-10-06T14:00:00Z'),
        words: 'All of its windows are over; the last was on 6 October 2026.',
      },
    ],
    [
      'more than 10,000 windows',
      { weekdays: everyDay, until: '2054-02-16' },
      { why: 'too-many', count: 10_001, words: 'That makes 10,001 windows; 10,000 is the most.' },
    ],
    [
      'windows that overlap on every day',
      { weekdays: [2, 3], durationMs: DAY + MINUTE },
      {
        why: 'overlap',
        date: '2026-10-06',
        gapMs: DAY,
        words: 'A window lasts 1 d 1 min, but the one after 6 October 2026 starts 1 d later.',
      },
    ],
    [
      'windows that overlap on the one day of 23 hours',
      { weekdays: everyDay, durationMs: DAY, until: '2027-06-01', start: '12:00' },
      { why: 'overlap', date: '2027-03-27', gapMs: 23 * HOUR },
    ],
    [
      'whole weeks, in the one that is an hour short',
      { durationMs: 7 * DAY, until: '2027-06-01' },
      { why: 'overlap', date: '2027-03-23', gapMs: 7 * DAY - HOUR },
    ],
  ])('%s', (_, but, problem) => {
    expect(whyUnusable(aPattern(but), now)).toMatchObject(problem)
  })

  test.each<[string, Partial<Pattern>]>([
    ['a pattern with one window still open', { until: '2026-10-09', weekdays: [5], durationMs: 12 * HOUR }],
    ['exactly 10,000 windows', { weekdays: everyDay, until: '2054-02-15' }],
    ['days of 23 hours', { weekdays: everyDay, durationMs: 23 * HOUR, until: '2028-06-01' }],
    [
      'whole days back to back, no change of clocks among them',
      { weekdays: everyDay, durationMs: DAY, until: '2026-10-24' },
    ],
    ['whole days, an hour between two of them', { weekdays: everyDay, durationMs: DAY, until: '2026-10-30' }],
    ['a week in every two', { durationMs: 7 * DAY, everyWeeks: 2 }],
    ['a single long window', { durationMs: 7 * DAY, until: '2026-10-12' }],
  ])('%s is fine', (_, but) => {
    expect(whyUnusable(aPattern(but), instant('2026-10-06T20:00:00Z'))).toBeNull()
  })

  test('a window that is open is not over', () => {
    const last = aPattern({ until: '2026-10-06' })
    expect(whyUnusable(last, instant('2026-10-06T13:59:59.999Z'))).toBeNull()
    expect(whyUnusable(last, instant('2026-10-06T14:00:00Z'))?.why).toBe('all-past')
  })
})

describe('a zone', () => {
  test.each([
    'Europe/Berlin',
    'europe/berlin',
    'UTC',
    'Etc/GMT+2',
    'Asia/Kathmandu',
    'Asia/Katmandu',
    'America/Argentina/Buenos_Aires',
    'America/Port-au-Prince',
    'Australia/Lord_Howe',
    'CET',
  ])('%s is one', (name) => {
    expect(isZone(name)).toBe(true)
  })

  test.each([
    '',
    '+02:00',
    '-05',
    'UTC+2',
    'Z',
    'PST',
    'CEST',
    'SystemV/EST5',
    'Europe/Berln',
    'Berlin',
    ' Europe/Berlin',
    '2026-01-01T00:00[Europe/Berlin]',
    'ＵＴＣ',
    'localtime',
    '../etc/passwd',
  ])('%j is none', (name) => {
    expect(isZone(name)).toBe(false)
  })
})

describe('in words', () => {
  test.each<[Partial<Pattern>, string]>([
    [{}, 'every Tuesday, 14:00 to 16:00 Europe/Berlin, until 31 January 2027'],
    [
      { weekdays: [1, 3, 5] },
      'every Monday, Wednesday and Friday, 14:00 to 16:00 Europe/Berlin, until 31 January 2027',
    ],
    [{ weekdays: everyDay, zone: 'UTC' }, 'every day, 14:00 to 16:00 UTC, until 31 January 2027'],
    [{ weekdays: [1, 2, 3, 4, 5], zone: 'UTC' }, 'every weekday, 14:00 to 16:00 UTC, until 31 January 2027'],
    [
      { weekdays: [1, 4], everyWeeks: 2, start: '22:00', durationMs: 4 * HOUR },
      'every 2 weeks on Monday and Thursday, 22:00 to 02:00 (next day) Europe/Berlin, until 31 January 2027',
    ],
    [
      { weekdays: [1, 2, 3, 4, 5], everyWeeks: 3, zone: 'UTC' },
      'every 3 weeks from Monday to Friday, 14:00 to 16:00 UTC, until 31 January 2027',
    ],
    [
      { weekdays: everyDay, everyWeeks: 2, zone: 'UTC' },
      'every 2 weeks from Monday to Sunday, 14:00 to 16:00 UTC, until 31 January 2027',
    ],
    [{ durationMs: DAY, zone: 'UTC' }, 'every Tuesday, 14:00 to 14:00 (next day) UTC, until 31 January 2027'],
    [
      { durationMs: 2 * DAY, zone: 'UTC' },
      'every Tuesday, 14:00 to 14:00 (2 days later) UTC, until 31 January 2027',
    ],
    [{ durationMs: 90_000, zone: 'UTC' }, 'every Tuesday, 14:00 for 1 min 30 s UTC, until 31 January 2027'],
  ])('%j', (but, words) => {
    expect(describePattern(aPattern(but))).toBe(words)
  })
})

describe('what is stored', () => {
  test('a pattern is the same after JSON and the schema', () => {
    expect(patternSchema.parse(JSON.parse(JSON.stringify(aPattern())))).toEqual(aPattern())
  })

  test.each<Record<string, unknown>>([
    { weekdays: [] },
    { weekdays: [2, 1] },
    { weekdays: [2, 2] },
    { weekdays: [0] },
    { weekdays: [8] },
    { weekdays: [1.5] },
    { everyWeeks: 0 },
    { everyWeeks: 53 },
    { from: '2026-02-29' },
    { from: '26-10-01' },
    { until: '2026-10-01T00:00Z' },
    { start: '24:00' },
    { start: '9:00' },
    { start: '14:00:00' },
    { durationMs: 0 },
    { durationMs: 0.5 },
  ])('%j is no part of a pattern', (but) => {
    expect(patternSchema.safeParse({ ...aPattern(), ...but }).success).toBe(false)
  })
})

describe('windows that the catalog fixes', () => {
  const saturdays = { weekdays: [6], start: '06:00', end: '10:00', zone: 'Europe/Berlin' }
  const nights = { weekdays: [1, 2, 3, 4, 5], start: '22:00', end: '06:00', zone: 'Europe/Berlin' }
  const fixed = [saturdays, nights]

  test.each<[string, Partial<Pattern>]>([
    ['the whole of one', { weekdays: [6], start: '06:00', durationMs: 4 * HOUR }],
    ['the end of one', { weekdays: [6], start: '09:59', durationMs: MINUTE }],
    ['over midnight', { weekdays: [1, 5], start: '22:00', durationMs: 8 * HOUR }],
    ['after midnight, as part of the night before', { weekdays: [2, 6], start: '00:30', durationMs: HOUR }],
    ['some in one, some in another', { weekdays: [2, 6], start: '05:00', durationMs: HOUR }],
    [
      'only weekdays that come up',
      { weekdays: [3, 7], start: '22:00', from: '2026-10-07', until: '2026-10-08' },
    ],
    ['by another name of the zone', { weekdays: [1], start: '22:00', zone: 'europe/berlin' }],
  ])('%s fits', (_, but) => {
    expect(fitsWithin(aPattern(but), fixed)).toBe(true)
  })

  test.each<[string, Partial<Pattern>]>([
    ['a minute too early', { weekdays: [6], start: '05:59', durationMs: 4 * HOUR }],
    ['a minute too long', { weekdays: [6], start: '06:00', durationMs: 4 * HOUR + MINUTE }],
    ['another day', { weekdays: [7], start: '06:00', durationMs: HOUR }],
    ['Monday before dawn, part of no night', { weekdays: [1], start: '00:30', durationMs: HOUR }],
    ['one weekday of two', { weekdays: [1, 7], start: '22:00', durationMs: HOUR }],
    ['from one into the next', { weekdays: [6], start: '05:00', durationMs: 2 * HOUR }],
    ['a week and a bit', { weekdays: [6], start: '07:00', durationMs: 7 * DAY + HOUR }],
    ['another zone, though the same hours', { weekdays: [6], start: '06:00', zone: 'Europe/Paris' }],
  ])('%s does not fit', (_, but) => {
    expect(fitsWithin(aPattern(but), fixed)).toBe(false)
  })

  test('nothing fits where nothing is fixed', () => {
    expect(fitsWithin(aPattern(), [])).toBe(false)
    expect(fixedWindowAt([], longAgo)).toBeNull()
    expect(nextFixedWindow([], longAgo)).toBeNull()
  })

  const stretch = (start: string, end: string) => ({ start: instant(start), end: instant(end) })
  const saturday = stretch('2026-10-10T04:00:00Z', '2026-10-10T08:00:00Z')
  const fridayNight = stretch('2026-10-09T20:00:00Z', '2026-10-10T04:00:00Z')

  test('one is open from its start until the instant of its end', () => {
    expect(fixedWindowAt([saturdays], instant('2026-10-10T03:59:59.999Z'))).toBeNull()
    expect(fixedWindowAt([saturdays], instant('2026-10-10T04:00:00Z'))).toEqual(saturday)
    expect(fixedWindowAt([saturdays], instant('2026-10-10T07:59:59.999Z'))).toEqual(saturday)
    expect(fixedWindowAt([saturdays], instant('2026-10-10T08:00:00Z'))).toBeNull()
  })

  test('one that began yesterday is open today', () => {
    expect(fixedWindowAt(fixed, instant('2026-10-10T01:00:00Z'))).toEqual(fridayNight)
  })

  test('of two that are open, the one that stays open longer', () => {
    const longer = { weekdays: [6], start: '00:00', end: '12:00', zone: 'Europe/Berlin' }
    const both = stretch('2026-10-09T22:00:00Z', '2026-10-10T10:00:00Z')
    expect(fixedWindowAt([saturdays, longer], instant('2026-10-10T05:00:00Z'))).toEqual(both)
    expect(fixedWindowAt([longer, saturdays], instant('2026-10-10T05:00:00Z'))).toEqual(both)
  })

  test('a whole day stays open to its last instant', () => {
    const sundays = { weekdays: [7], start: '00:00', end: '00:00', zone: 'UTC' }
    expect(fixedWindowAt([sundays], instant('2026-10-11T23:59:59.999Z'))).toEqual(
      stretch('2026-10-11T00:00:00Z', '2026-10-12T00:00:00Z'),
    )
  })

  test('of two that open together, the longer one is next', () => {
    const longer = { ...saturdays, end: '12:00' }
    const both = stretch('2026-10-10T04:00:00Z', '2026-10-10T10:00:00Z')
    expect(nextFixedWindow([saturdays, longer], instant('2026-10-10T00:00:00Z'))).toEqual(both)
    expect(nextFixedWindow([longer, saturdays], instant('2026-10-10T00:00:00Z'))).toEqual(both)
  })

  test('the next one starts now or later', () => {
    expect(nextFixedWindow(fixed, instant('2026-10-09T20:00:00Z'))).toEqual(fridayNight)
    expect(nextFixedWindow(fixed, instant('2026-10-09T20:00:00.001Z'))).toEqual(saturday)
    expect(nextFixedWindow([saturdays], instant('2026-10-10T04:00:00.001Z'))?.start).toEqual(
      instant('2026-10-17T04:00:00Z'),
    )
  })

  test('both ends follow the wall clock when clocks change', () => {
    const sundays = { weekdays: [7], start: '01:00', end: '04:00', zone: 'Europe/Berlin' }
    expect(fixedWindowAt([sundays], instant('2026-03-29T00:00:00Z'))).toEqual(
      stretch('2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z'),
    )
    expect(fixedWindowAt([sundays], instant('2026-10-25T00:00:00Z'))).toEqual(
      stretch('2026-10-24T23:00:00Z', '2026-10-25T03:00:00Z'),
    )
  })

  test('one that falls whole into a gap does not open that day', () => {
    const inTheGap = { weekdays: [7], start: '02:00', end: '03:00', zone: 'Europe/Berlin' }
    expect(fixedWindowAt([inTheGap], instant('2026-03-29T01:00:00Z'))).toBeNull()
    expect(nextFixedWindow([inTheGap], instant('2026-03-28T00:00:00Z'))?.start).toEqual(
      instant('2026-04-05T00:00:00Z'),
    )
  })

  test('a whole day is written from midnight to midnight', () => {
    const sundays = { weekdays: [7], start: '00:00', end: '00:00', zone: 'Australia/Lord_Howe' }
    expect(fixedWindowAt([sundays], instant('2026-10-03T18:00:00Z'))).toEqual(
      stretch('2026-10-03T13:30:00Z', '2026-10-04T13:00:00Z'),
    )
  })

  test('the catalog refuses a zone that is none, and a time that is none', () => {
    expect(fixedWindowSchema.safeParse(saturdays).success).toBe(true)
    expect(fixedWindowSchema.safeParse({ ...saturdays, zone: '+02:00' }).success).toBe(false)
    expect(fixedWindowSchema.safeParse({ ...saturdays, end: '24:00' }).success).toBe(false)
  })
})
