import type { Grant, Recurring } from '../../src/domain/grant.ts'
import { windowGrant } from '../../src/domain/new-grant.ts'
import { prepareMs, whyShut, windowsToCome, windowToMake } from '../../src/domain/series.ts'
import { timingOf } from '../../src/domain/timing.ts'
import type { Event } from '../../src/domain/event.ts'
import { transition } from '../../src/domain/transition.ts'
import { accepted, aPendingGrant, approval, ada, after, riley } from '../support/builders.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Tuesdays 14:00 to 16:00 in Berlin, from Monday, 5 January 2026, 09:00 UTC on. */
const tuesdays = {
  weekdays: [2],
  everyWeeks: 1,
  from: '2026-01-05',
  until: '2026-01-31',
  start: '14:00',
  durationMs: 2 * HOUR,
  zone: 'Europe/Berlin',
}
const date = (written: string) => new Date(written)
const approvedAt = date('2026-01-05T09:00:00Z')

function aSeries(pattern = tuesdays, now = approvedAt): Recurring {
  const lapsesAt = new Date(now.getTime() + DAY)
  const pending = aPendingGrant({ pattern, askedMs: pattern.durationMs, requestedAt: now, lapsesAt })
  return after(pending, approval(ada, pattern.durationMs), now, 'recurring')
}

const changed = (grant: Grant, event: Event, now: Date) => accepted(transition(grant, event, now))

/** Lives through every window in order, as the sweep does; returns the windows with the instants they were made at. */
function* live(series: Recurring): Generator<{ series: Recurring; window: Grant; at: Date }> {
  for (let now: Grant = series; now.status === 'recurring' && now.next !== null && now.dueAt;) {
    const at: Date = now.dueAt
    const window = windowToMake(now, at)
    if (window === null) throw new Error('it is due, but nothing is to be made')
    yield { series: now, window: windowGrant(now, window, at), at }
    now = changed(now, { type: 'made', index: window.index }, at)
  }
}

test('a window is made shortly before it opens, one after the other, until the last', () => {
  const windows = [...live(aSeries())]
  expect(windows.map(({ window }) => window.startsAt?.toISOString())).toEqual([
    '2026-01-06T13:00:00.000Z',
    '2026-01-13T13:00:00.000Z',
    '2026-01-20T13:00:00.000Z',
    '2026-01-27T13:00:00.000Z',
  ])
  for (const { window, at } of windows) {
    expect(window).toMatchObject({ status: 'waiting', pattern: null, durationMs: 2 * HOUR })
    expect((window.startsAt?.getTime() ?? 0) - at.getTime()).toBe(prepareMs)
  }
  expect(new Set(windows.map(({ window }) => window.id)).size).toBe(4)
})

test('one that is open when it is approved opens at once, and closes when it would have', () => {
  const now = date('2026-01-06T14:00:00Z')
  const series = aSeries(tuesdays, now)
  expect(windowToMake(series, now)).toMatchObject({ index: 0, end: date('2026-01-06T15:00:00Z') })
})

test('three years of every day: each opening costs the same, and the series grows by nothing', () => {
  const daily = { ...tuesdays, weekdays: [1, 2, 3, 4, 5, 6, 7], until: '2028-12-31' }
  const sizes = [...live(aSeries(daily))].map(({ series }) => JSON.stringify(series).length)
  expect(sizes).toHaveLength(1_092)
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(20)
})

test('clocks that change leave it at the same time on the wall, and as long as agreed', () => {
  const spring = { ...tuesdays, weekdays: [7], start: '01:30', from: '2026-03-22', until: '2026-04-05' }
  const windows = [...live(aSeries(spring))].map(({ window }) => window)
  expect(windows.map(({ startsAt }) => startsAt?.toISOString())).toEqual([
    '2026-03-22T00:30:00.000Z',
    '2026-03-29T00:30:00.000Z',
    '2026-04-04T23:30:00.000Z',
  ])
  for (const window of windows) {
    if (window.status !== 'waiting') throw new Error(window.status)
    expect(window.endsAt.getTime() - window.opensAt.getTime()).toBe(2 * HOUR)
  }
})

test('whoever was away over several windows makes the newest that is over, to say so, and counts the others', () => {
  const now = date('2026-01-21T00:00:00Z')
  const series = aSeries()
  const window = windowToMake(series, now)
  expect(window).toMatchObject({ index: 2 })
  const caughtUp = changed(series, { type: 'made', index: 2 }, now)
  expect(caughtUp).toMatchObject({ missed: 2, next: { index: 3 }, made: 2 })
  expect(caughtUp.history.at(-1)).toMatchObject({ type: 'missed', count: 2, before: 3 })
})

test('a skipped window does not open, is not counted, and cannot be skipped once it is made', () => {
  const series = aSeries()
  const skipped = changed(series, { type: 'skip', by: riley, index: 0 }, approvedAt)
  expect(skipped).toMatchObject({ next: { index: 1 }, dueAt: date('2026-01-13T12:59:00Z') })
  expect(windowsToCome(series)).toBe(4)
  expect(windowsToCome(skipped as Recurring)).toBe(3)
  expect(whyShut(skipped, { seriesId: 'g1', index: 0 })).toBe('it was skipped')
  const made = changed(skipped, { type: 'made', index: 1 }, date('2026-01-13T12:59:00Z'))
  expect(transition(made, { type: 'skip', by: riley, index: 1 }, date('2026-01-13T12:59:30Z'))).toMatchObject(
    { refused: 'not-held' },
  )
})

test('a stopped series is due at once, makes nothing more, and ends when its windows have', () => {
  const series = aSeries()
  const end = { type: 'end', cause: 'revoked', by: ada, note: null, takeAt: approvedAt } as const
  const stopped = changed(series, end, approvedAt)
  expect(stopped).toMatchObject({ status: 'recurring', dueAt: approvedAt })
  expect(transition(stopped, { type: 'made', index: 0 }, approvedAt)).toMatchObject({ refused: 'not-held' })
  expect(whyShut(stopped, { seriesId: 'g1', index: 0 })).toBe('its series was stopped')
  const over = changed(stopped, { type: 'windows-over', left: 'gone', keptUntil: null }, approvedAt)
  expect(over).toMatchObject({ status: 'ended', cause: 'revoked', dueAt: null, left: 'gone' })
})

describe('the hours that the catalog fixes', () => {
  const now = date('2026-01-05T09:00:00Z')
  const saturday = { weekdays: [6], start: '06:00', end: '10:00', zone: 'Europe/Berlin' }
  const rules = { startsWithinMs: 30 * DAY, windows: { untilMs: 60 * DAY, warns: false, only: [saturday] } }
  const once = (startsAt: Date | null, durationMs = HOUR) =>
    timingOf({ startsAt, durationMs, recurrence: null }, rules, now)

  test('put what is asked for without a start into the next of them', () => {
    expect(once(null)).toMatchObject({
      startsAt: date('2026-01-10T05:00:00Z'),
      notAfter: date('2026-01-10T09:00:00Z'),
    })
  })

  test('refuse what would begin outside, last too long, or run over their end', () => {
    expect(once(date('2026-01-09T08:00:00Z'))).toMatchObject({ refused: 'outside-windows' })
    expect(once(date('2026-01-10T08:30:00Z'))).toMatchObject({ refused: 'outside-windows' })
    expect(once(null, 5 * HOUR)).toMatchObject({ refused: 'outside-windows' })
    expect(once(date('2026-01-10T08:00:00Z'))).toMatchObject({ notAfter: date('2026-01-10T09:00:00Z') })
  })

  test('bound what an approver gives', () => {
    const notAfter = date('2026-01-05T10:00:00Z')
    const pending = aPendingGrant({ notAfter, lapsesAt: notAfter })
    const granting = after(pending, approval(ada, 8 * HOUR), date('2026-01-05T09:30:00Z'), 'granting')
    expect(granting).toMatchObject({ endsAt: notAfter, durationMs: HOUR / 2 })
  })
})
