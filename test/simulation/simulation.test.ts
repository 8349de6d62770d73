import { simulate, simulateMany } from './simulate.ts'

const seeds = { from: 1, runs: 5_000 }

test('5,000 runs of crashes, lost replies and late effects: nothing leaks, sticks, is stripped or given unasked', async () => {
  const { bad, ...sums } = await simulateMany(seeds)
  expect(bad).toEqual([])
  expect(sums).toMatchObject({
    runs: seeds.runs,
    leaked: 0,
    stuck: 0,
    stripped: 0,
    unapproved: 0,
    lied: 0,
    unpunctual: 0,
  })
  // Enough happened for the zeros to mean something.
  expect(sums.grants).toBeGreaterThan(seeds.runs * 5)
  expect(sums.extended).toBeGreaterThan(seeds.runs / 5)
  expect(sums.windows).toBeGreaterThan(seeds.runs / 5)
}, 900_000)

test('a run is repeated by its number', async () => {
  expect(await simulate(4_711)).toEqual(await simulate(4_711))
})
