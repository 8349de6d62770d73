import { runMutated, mutated, sourceOf } from './mutate.ts'
import { mutations } from './mutations.ts'
import { promises } from './auditor.ts'
import { simulate, simulateMany } from './simulate.ts'

const seeds = { from: 1, runs: 5_000 }

test('5,000 runs of crashes, lost replies and late effects: nothing leaks, sticks, is stripped or given unasked', async () => {
  const { bad, ...sums } = await simulateMany(seeds)
  expect(bad).toEqual([])
  expect(sums).toMatchObject({ runs: seeds.runs, ...Object.fromEntries(promises.map((name) => [name, 0])) })
  // Enough happened for the zeros to mean something.
  expect(sums.grants).toBeGreaterThan(seeds.runs * 5)
  expect(sums.extendedAtOnce).toBeGreaterThan(seeds.runs / 10)
  expect(sums.extendedByReview).toBeGreaterThan(seeds.runs / 50)
  expect(sums.windows).toBeGreaterThan(seeds.runs / 5)
  expect(sums.standing).toBeGreaterThan(seeds.runs / 5)
  expect(sums.renewed).toBeGreaterThan(seeds.runs / 10)
  expect(sums.lost).toBeGreaterThan(seeds.runs / 5)
  expect(sums.unfit).toBeGreaterThan(seeds.runs / 10)
}, 900_000)

test('a run is repeated by its number', async () => {
  expect(await simulate(4_711)).toEqual(await simulate(4_711))
})

test.each(mutations)('rule $rule is there to be left out: $name', async (mutation) => {
  expect(mutated(await sourceOf(mutation), mutation)).not.toBe(await sourceOf(mutation))
})

/** Those that show within few runs; `npm run simulate -- --mutations` tries them all. */
const soonSeen = [
  'a lost token is not noticed',
  'what the last to leave left is forgotten',
  'taken though others claim it',
  'not read back that it is gone',
  'a busy lease is looked at only when it ends',
  'an instant is read off the own wall clock',
  'nobody looks at whoever holds something',
]

test.each(mutations.filter(({ name }) => soonSeen.includes(name)))(
  'the simulation sees when rule $rule is left out: $name',
  async (mutation) => {
    // Given up by the test, it is not to run on.
    const signal = AbortSignal.timeout(55_000)
    const caught = await runMutated(mutation, { runs: 1_000, signal })
    expect(caught).toMatchObject({ seed: expect.any(Number) as number })
  },
  60_000,
)
