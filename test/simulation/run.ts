import { parseArgs } from 'node:util'
import { promises } from './auditor.ts'
import { runMutated, type Caught } from './mutate.ts'
import { mutations } from './mutations.ts'
import { simulate, simulateMany } from './simulate.ts'

/**
 * `npm run simulate -- --runs 100000 --from 1`; `--seed 4711` replays one run with its log; `--mutations` leaves each
 * rule out in turn and says which run sees it (`--only 'text'` those whose name has it).
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutations: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    // What a copy with a mutation says: the first run that breaks a promise, as JSON.
    first: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)

if (values.seed !== undefined) {
  const say = (level: string) => (message: string, fields?: object) =>
    console.log(level, message, fields ?? '')
  const log = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') }
  console.log(await simulate(Number(values.seed), log))
} else if (values.mutations) {
  await tryMutations(Number(values.runs ?? 5_000))
} else if (values.first) {
  const { bad } = await simulateMany({ from, runs: Number(values.runs), isUntilBad: true })
  const [first] = bad
  const caught: Caught = {
    seed: first?.seed ?? null,
    promises: promises.filter((promise) => (first?.[promise].length ?? 0) > 0),
  }
  console.log(JSON.stringify(caught))
} else {
  const startedAtMs = performance.now()
  const runs = Number(values.runs ?? 100_000)
  const { bad, ...sums } = await simulateMany({ from, runs })
  console.table([sums])
  console.log(`${runs} runs in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`)
  for (const verdict of bad.slice(0, 20)) console.log(JSON.stringify(verdict))
  process.exitCode = bad.length > 0 ? 1 : 0
}

/** A row as soon as each is known; fails when one is missed. */
async function tryMutations(runs: number): Promise<void> {
  console.log(`| rule | left out | of ${runs} runs |\n| --- | --- | --- |`)
  for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
    const { seed, promises: broken } = await runMutated(mutation, { runs, from })
    const what = seed === null ? 'missed' : `caught at run ${seed}: ${broken.join(', ')}`
    console.log(`| ${mutation.rule} | ${mutation.name} | ${what} |`)
    if (seed === null) process.exitCode = 1
  }
}
