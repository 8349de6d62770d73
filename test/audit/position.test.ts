import fc from 'fast-check'
import { atStart, backTo, movedTo, type Position } from '../../src/domain/audit/position.ts'

const steps = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 300, size: 'max' })
const placesOf = (all: readonly number[]) => {
  let number = 0
  return all.map((step) => ({ number: (number += step), mark: `m${number}` }))
}
const lastOf = (places: ReturnType<typeof placesOf>) =>
  places.reduce<Position>((before, place) => movedTo(place, before), atStart)

test('wherever a record turns out to go another way, little more is sent again than must be, and little is kept for that', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const places = placesOf(all)
      const { number, trail } = lastOf(places)
      // Wherever they part: the last place that both have, and the one that is known.
      const shares = [0, ...places.slice(0, -1).map((place) => place.number)].map((shared) => {
        const known = trail.find((one) => one.number <= shared)?.number ?? NaN
        return (number - known) / (number - shared)
      })
      expect(Math.max(...shares)).toBeLessThanOrEqual(2)
      expect(trail.length).toBeLessThanOrEqual(2 * Math.log2(number) + 3)
    }),
  )
})

test('who goes back forgets what came after', () => {
  const position = lastOf(placesOf([1, 1, 1, 1, 1]))
  const third = position.trail.find(({ number }) => number === 3) ?? { number: 3, mark: 'm3' }
  const again = backTo(third, position)
  expect(again).toMatchObject({ number: 3, mark: 'm3' })
  expect(again.trail.every(({ number }) => number < 3)).toBe(true)
})
