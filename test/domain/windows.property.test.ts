import fc from 'fast-check'
import { fitsWithin, fixedWindowAt } from '../../src/domain/windows/fixed.ts'
import { patternSchema, windowCount, type Pattern } from '../../src/domain/windows/pattern.ts'
import { whyUnusable } from '../../src/domain/windows/problem.ts'
import { nextWindow, windowAt, windowsLeft } from '../../src/domain/windows/window.ts'

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const longAgo = new Date(0)

/** A day of a change of clocks in each: at 02:00, 03:00, midnight, by 30 min, by 2 h, for Ramadan, by a day, or none. */
const changes = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2024-03-10'],
  ['America/New_York', '2024-11-03'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Apia', '2011-09-24'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Africa/Casablanca', '2026-03-22'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Havana', '2026-03-08'],
  ['America/Havana', '2026-11-01'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Pacific/Chatham', '2026-04-05'],
  ['Asia/Kathmandu', '2026-10-04'],
  ['UTC', '2026-03-29'],
] as const

const dayOf = (date: string) => Date.parse(date) / DAY
const dateOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10)

const anyPattern: fc.Arbitrary<Pattern> = fc
  .record({
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
    everyWeeks: fc.constantFrom(1, 1, 1, 2, 3),
    change: fc.constantFrom(...changes),
    before: fc.integer({ min: 0, max: 15 }),
    days: fc.integer({ min: 0, max: 30 }),
    startMs: fc.oneof(
      fc.integer({ min: 0, max: 1439 }).map((minutes) => minutes * MINUTE),
      fc.integer({ min: 0, max: 13 }).map((quarters) => quarters * QUARTER),
    ),
    durationMs: fc.oneof(
      fc.integer({ min: 1, max: 8 * HOUR }),
      fc.constantFrom(23 * HOUR, 23.5 * HOUR, DAY, 25 * HOUR, 2 * DAY, 7 * DAY),
    ),
  })
  .map(({ change: [zone, change], before, days, startMs, ...rest }) => ({
    ...rest,
    zone,
    from: dateOf(dayOf(change) - before),
    until: dateOf(dayOf(change) - before + days),
    start: new Date(startMs).toISOString().slice(11, 16),
  }))

const formats = new Map(
  changes.map(([timeZone]) => [
    timeZone as string,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)

/** What a clock in the zone shows, "2026-03-29 03:00:00", without any of the code under test. */
const clock = (instant: number, zone: string) => formats.get(zone)!.format(instant)

/** The first instant, of all that a clock could change or show the start at, when it shows the start or later. */
function slowStart({ start, zone }: Pattern, date: string): number {
  const inUtc = Date.parse(`${date}T${start}Z`)
  for (let tick = inUtc - 15 * HOUR; tick <= inUtc + 15 * HOUR; tick += QUARTER) {
    const change = Math.floor(tick / QUARTER) * QUARTER
    const found = [change, tick].find((instant) => clock(instant, zone) >= `${date} ${start}:00`)
    if (found !== undefined) return found
  }
  throw new Error(`${zone} never shows ${date} ${start}`)
}

const mondayOf = (day: number) => day - ((new Date(day * DAY).getUTCDay() + 6) % 7)

/** Every window, by walking over every day. */
function slowWindows(pattern: Pattern) {
  const { from, until, weekdays, everyWeeks, durationMs } = pattern
  const windows = []
  for (let day = dayOf(from); day <= dayOf(until); day++) {
    const weekday = new Date(day * DAY).getUTCDay() || 7
    const weeks = (mondayOf(day) - mondayOf(dayOf(from))) / 7
    if (!weekdays.includes(weekday) || weeks % everyWeeks !== 0) continue
    const start = slowStart(pattern, dateOf(day))
    windows.push({
      index: windows.length,
      date: dateOf(day),
      start: new Date(start),
      end: new Date(start + durationMs),
    })
  }
  return windows
}

const everyWindow = (pattern: Pattern) =>
  Array.from({ length: windowCount(pattern) }, (_, index) => windowAt(pattern, index))

const always = (promise: (pattern: Pattern, minutes: number) => void, numRuns = 400) =>
  fc.assert(fc.property(anyPattern, fc.integer({ min: -2 * 1440, max: 33 * 1440 }), promise), { numRuns })

test('the windows, their ordinals and their count are those of a slow walk over every day', () => {
  always((pattern) => expect(everyWindow(pattern)).toEqual(slowWindows(pattern)), 150)
})

test('the next window, and how many are left, are those of looking at every one', () => {
  always((pattern, minutes) => {
    const windows = everyWindow(pattern)
    const edges = windows.flatMap(({ start, end }) => [start.getTime(), end.getTime()])
    const instants = [
      Date.parse(pattern.from) + minutes * MINUTE,
      ...edges.flatMap((edge) => [edge - 1, edge, edge + 1]),
    ]
    for (const after of instants.map((instant) => new Date(instant))) {
      const next = windows.find(({ start }) => start >= after) ?? null
      const runningOrNext = windows.find(({ end }) => end > after) ?? null
      expect(nextWindow(pattern, after, false)).toEqual(next)
      expect(nextWindow(pattern, after, true)).toEqual(runningOrNext)
      expect(windowsLeft(pattern, after)).toBe(windows.filter(({ start }) => start > after).length)
    }
  }, 100)
})

test('a pattern is called overlapping exactly when a window starts before the last one is over', () => {
  always((pattern) => {
    const windows = everyWindow(pattern)
    const overlaps = windows.some(({ end }, i) => i + 1 < windows.length && windows[i + 1]!.start < end)
    fc.pre(windows.length > 0)
    expect(whyUnusable(pattern, longAgo)?.why).toBe(overlaps ? 'overlap' : undefined)
  })
})

test('windows of a usable pattern come one after the other and never overlap', () => {
  always((pattern) => {
    fc.pre(whyUnusable(pattern, longAgo) === null)
    everyWindow(pattern).reduce((last, window) => {
      expect(window.date > last.date).toBe(true)
      expect(window.start >= last.end).toBe(true)
      return window
    })
  })
})

test('each lasts exactly as long as agreed, and opens when clocks show its start, unless they skip it', () => {
  always((pattern) => {
    for (const { date, start, end } of everyWindow(pattern)) {
      expect(end.getTime() - start.getTime()).toBe(pattern.durationMs)
      const asked = `${date} ${pattern.start}:00`
      const shown = clock(start.getTime(), pattern.zone)
      if (shown === asked) continue
      expect(shown > asked).toBe(true)
      expect(clock(start.getTime() - 1, pattern.zone) < asked).toBe(true)
    }
  })
})

test('what fits the fixed windows opens while one is open', () => {
  const anyFixed = fc.record({
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 4 }),
    start: fc.constantFrom('00:00', '02:30', '06:00', '20:00'),
    end: fc.constantFrom('00:00', '02:30', '06:00', '23:00'),
  })
  fc.assert(
    fc.property(anyPattern, anyFixed, (pattern, hours) => {
      const fixed = [{ ...hours, zone: pattern.zone }]
      fc.pre(fitsWithin(pattern, fixed))
      for (const { start, date } of everyWindow(pattern)) {
        const skipped = !clock(start.getTime(), pattern.zone).startsWith(`${date} ${pattern.start}`)
        if (!skipped) expect(fixedWindowAt(fixed, start)).not.toBeNull()
      }
    }),
  )
})

test('every pattern here can be stored', () => {
  always((pattern) => expect(patternSchema.parse(pattern)).toEqual(pattern))
})
