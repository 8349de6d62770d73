import type { Person } from '../workspace/people/person.ts'
import type { Submitted } from '../workspace/people/submits.ts'
import { weekdayNames } from '../../src/domain/timing.ts'
import { aReason } from './acts.ts'

/** A time on walls in UTC: the minute of this instant, its day, and the same day some weeks later. */
export interface Minute {
  readonly weekday: string
  readonly date: string
  readonly time: string
  readonly at: Date
  weeksLater(weeks: number): string
}

const minuteMs = 60_000

/** The minute that has begun: a window from then on is open already. */
export const thisMinute = (nowMs = Date.now()): Minute => minuteAt(Math.floor(nowMs / minuteMs) * minuteMs)

/** The next one that is at least so far away. */
export const nextMinute = (leastMs: number, nowMs = Date.now()): Minute =>
  minuteAt(Math.ceil((nowMs + leastMs) / minuteMs) * minuteMs)

function minuteAt(ms: number): Minute {
  const at = new Date(ms)
  const [date = '', time = ''] = at.toISOString().split('T')
  return {
    weekday: weekdayNames[(at.getUTCDay() + 6) % 7] ?? '',
    date,
    time: time.slice(0, 5),
    at,
    weeksLater: (weeks) => new Date(ms + weeks * 7 * 24 * 60 * minuteMs).toISOString().slice(0, 10),
  }
}

/** Asks for it every week from this minute on, three weeks more unless said otherwise. */
export async function asksWeekly(
  person: Person,
  what: string,
  minute: Minute,
  { reason = aReason(), until = minute.weeksLater(3), zone = 'UTC' } = {},
): Promise<Submitted> {
  await person.runs(`/request-access ${what} ${reason}`)
  await person.modal('What do you need it for?')
  await person.chooses('When?', 'Every week')
  await person.modal('On which days?')
  await fillsWindow(person, minute, { until, zone })
  return person.submits()
}

export async function fillsWindow(
  person: Person,
  { weekday, time, date }: Pick<Minute, 'weekday' | 'time' | 'date'>,
  { until, zone }: { until: string; zone: string },
): Promise<void> {
  await person.chooses('On which days?', [weekday])
  await person.chooses('From what time?', time)
  await person.chooses('First day', date)
  await person.chooses('Last day', until)
  await person.types('Time zone', zone)
}
