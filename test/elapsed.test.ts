import { elapsedBy } from '../src/elapsed.ts'

function twoClocks() {
  const at = { monotonic: 1_000, wall: 50_000 }
  const elapsed = elapsedBy(
    () => at.monotonic,
    () => at.wall,
  )
  const pass = (ms: number) => {
    at.monotonic += ms
    at.wall += ms
  }
  return { at, elapsed, pass }
}

test('time passes as the monotonic clock says', () => {
  const { elapsed, pass } = twoClocks()
  const before = elapsed()
  pass(12_345)
  expect(elapsed() - before).toBe(12_345)
})

test('what a suspended machine slept through is counted', () => {
  const { at, elapsed, pass } = twoClocks()
  const before = elapsed()
  pass(1_000)
  at.wall += 3_600_000
  pass(1_000)
  expect(elapsed() - before).toBe(3_602_000)
  pass(500)
  expect(elapsed() - before).toBe(3_602_500)
})

test('a wall clock that is set back takes nothing away, and slow drift adds nothing', () => {
  const { at, elapsed, pass } = twoClocks()
  const before = elapsed()
  at.wall -= 3_600_000
  pass(1_000)
  for (let second = 0; second < 1_000; second++) {
    pass(1_000)
    at.wall += 1
    elapsed()
  }
  expect(elapsed() - before).toBe(1_001_000)
})
