import { parseArgs } from 'node:util'
import { simulate, simulateMany } from './simulate.ts'

/** `npm run simulate -- --runs 100000 --from 1`, or `--seed 4711` to replay one run with its log. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
})

if (values.seed !== undefined) {
  const say = (level: string) => (message: string, fields?: object) =>
    console.log(level, message, fields ?? '')
  const log = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') }
  console.log(await simulate(Number(values.seed), log))
} else {
  const startedAt = Date.now()
  const runs = Number(values.runs)
  const { bad, ...sums } = await simulateMany({ from: Number(values.from), runs })
  console.table([sums])
  console.log(`${runs} runs in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  for (const verdict of bad.slice(0, 20)) console.log(JSON.stringify(verdict))
  process.exitCode = bad.length > 0 ? 1 : 0
}
