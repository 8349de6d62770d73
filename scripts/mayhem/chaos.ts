import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ownFolder } from '../own-folder.ts'
import { watchDebts } from './debts.ts'
import { Diary } from './diary.ts'
import { gather, unsettled } from './gather.ts'
import { everythingGoesWrong } from './faults.ts'
import { everybodyLives } from './people.ts'
import { written } from './kept.ts'
import { pictureOf } from './picture.ts'
import { asWritten } from './mayhem-catalog.ts'
import { buildTown, type Town } from './town.ts'
import { report, reportPromises } from './report.ts'
import { judge, type Verdict } from './verdict.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    replicas: { type: 'string', default: '3' },
    people: { type: 'string', default: '24' },
    /** Nothing goes wrong: everything else is as ever. */
    calm: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
const [replicas, citizens] = [Number(values.replicas), Number(values.people)]
if (![minutes, seed, replicas, citizens].every((one) => Number.isFinite(one) && one >= 0) || replicas < 1) {
  console.error(
    'usage: ./scripts/chaos [--minutes 5] [--seed N] [--replicas 3] [--people 24] [--calm] [--out folder]',
  )
  process.exit(2)
}

/** Of what everything waits for at the end: the longest window and session, and the backlog of messages. */
const quietWithinMs = 240_000

const say = (words: string) => console.error(words)
const folder = await ownFolder('curfew-chaos')
let town: Town | null = null
let code = 1
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void Promise.resolve(town?.stop())
      .then(() => rm(folder, { recursive: true, force: true }))
      .finally(() => process.exit(130))
  })
try {
  code = await run()
} catch (error) {
  console.error(error)
} finally {
  await (town as Town | null)?.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(code)

async function run(): Promise<number> {
  const diary = new Diary()
  town = await buildTown(folder, { seed, citizens, replicas, diary, say })
  const seenFile = join(folder, 'seen.jsonl')
  const observer = observe(town, seenFile)
  const debtsFile = join(folder, 'debts.jsonl')
  const debts = watchDebts(town.database.uri, debtsFile)
  const from = Date.now()
  say(`${minutes} minutes, seed ${seed}, begin.`)
  const until = performance.now() + minutes * 60_000
  const isOver = () => performance.now() > until
  await Promise.all([
    everybodyLives({ town, diary, seed, isOver }),
    values.calm ? null : everythingGoesWrong({ town, diary, seed, isOver }),
  ])
  await town.writeCatalog(asWritten)
  say('Everything is mended; waiting until all is quiet…')
  const left = await untilQuiet(town)
  diary.close()
  await Promise.all([observer.stop(), debts.stop()])
  const evidence = await gather(town, { diary, seenFile, lasted: { from, to: Date.now() } })
  const verdict = judge(evidence)
  const about = `${minutes} minutes, seed ${seed}, ${replicas} replicas${values.calm ? ', calm' : ''}`
  report(about, { evidence, verdict, counts: diary.counts, hungryShare: town.hunger.share() })
  reportPromises(verdict)
  for (const what of left) console.log(`BROKEN not quiet in the end: ${what}`)
  const isBroken = verdict.broken.length > 0 || left.length > 0
  const out = values.out ?? (isBroken ? await mkdtemp(join(tmpdir(), `curfew-broke-${seed}-`)) : null)
  if (out !== null) await keep(out, { evidence, verdict, town, files: [seenFile, debtsFile] })
  return isBroken ? 1 : 0
}

function observe({ orders, billing, systems }: Town, to: string): { stop(): Promise<void> } {
  const words = { orders: orders.rootUrl, billing: billing.rootUrl, vpn: systems.vpn.url, to }
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--import',
      join(import.meta.dirname, '../die-with-parent.mjs'),
      join(import.meta.dirname, 'observe.ts'),
      JSON.stringify(words),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  const exited = once(child, 'exit')
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** What is not settled in the end; empty where all became quiet. */
async function untilQuiet(of: Town): Promise<string[]> {
  const until = performance.now() + quietWithinMs
  let [left, quiet]: [string[], number] = [[], 0]
  while (performance.now() < until) {
    left = await unsettled(of).catch(() => ['the database does not answer'])
    quiet = left.length === 0 ? quiet + 1 : 0
    // Twice in a row, with time for what follows from what was last.
    if (quiet === 2) return []
    await sleep(2_500)
  }
  return left
}

async function keep(
  out: string,
  {
    evidence,
    verdict,
    town: of,
    files,
  }: {
    evidence: Awaited<ReturnType<typeof gather>>
    verdict: Verdict
    town: Town
    files: readonly string[]
  },
): Promise<void> {
  await mkdir(out, { recursive: true })
  const save = (name: string, text: string) => writeFile(join(out, name), text)
  await save('timeline.svg', pictureOf(evidence, verdict))
  await save('broken.json', JSON.stringify(verdict.broken, null, 2))
  await save('evidence.json', written(evidence))
  const sent = of.workspace.calls.filter(({ method }) => method.startsWith('chat.'))
  await save('slack.jsonl', sent.map((call) => JSON.stringify(call)).join('\n'))
  for (const file of files) await copyFile(file, join(out, basename(file)))
  for (const { name, lines } of of.replicas) await save(`${name}.log`, lines.join('\n'))
  say(`Kept in ${out}`)
}
