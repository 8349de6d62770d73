import { dateIn, dayOf, instantOf } from '../../src/domain/windows/wall-clock.ts'

/** The next time it is nine in the morning in Berlin, where they all are. */
export function nextNine(): Date {
  const zone = 'Europe/Berlin'
  const today = dayOf(dateIn(zone, new Date()))
  const nine = (day: number) => new Date(instantOf(day, 9 * 3_600_000, zone))
  return nine(today) > new Date() ? nine(today) : nine(today + 1)
}
