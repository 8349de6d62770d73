import { mkdir, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { check, whatIsMissing, type Answer, type Defines } from './check.ts'
import { limits, omissions, wholes } from './configurations.ts'
import { pictureOf, pictures } from './pictures.ts'
import { sequence } from './sequence.ts'

/**
 * `./scripts/model` walks through everything and says what it found, as the tables of docs/holds-model.md; `--deep` with
 * more faults; `--of limits` one of the three tables, `--only 'text'` what has it in its name; `--pictures` draws every counterexample anew, `--show` prints it.
 */
const { values } = parseArgs({
  options: {
    of: { type: 'string', default: '' },
    deep: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    pictures: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
})

const missing = await whatIsMissing()
if (missing !== null) {
  console.error(missing)
  process.exit(1)
}
const isWanted =
  (kind: 'wholes' | 'limits' | 'omissions') =>
  ({ name }: { name: string }): boolean =>
    name.includes(values.only) && kind.includes(values.of)
const figures = ({ states, depth, seconds, megabytes }: Answer): string =>
  `${states.toLocaleString('en')} | ${depth} | ${seconds.toFixed(0)} s, ${megabytes} MB`
const bounds = (defines: Defines): string =>
  Object.entries(defines)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join(' ')

if (values.pictures) await mkdir(pictures, { recursive: true })

console.log('| what goes on | bounds | states | depth | took |\n| --- | --- | --- | --- | --- |')
for (const { name, defines, deep } of wholes.filter(isWanted('wholes'))) {
  const asked = values.deep ? deep : defines
  if (asked === null) continue
  const answer = await check({ defines: asked })
  say(answer, answer.broken === null)
  console.log(
    `| ${name}${answer.broken === null ? '' : `: ${answer.broken}`} | ${bounds(asked)} | ${figures(answer)} |`,
  )
}
if (values.deep) process.exit()

console.log(
  '\n| what cannot be closed | breaks | all else: states | depth | took |\n| --- | --- | --- | --- | --- |',
)
for (const limit of limits.filter(isWanted('limits'))) {
  const { name, defines, breaks } = limit
  const seen: string[] = []
  for (const promise of breaks) {
    const others = breaks.filter((one) => one !== promise)
    const answer = await check({ defines, tolerated: others, isShort: true })
    say(answer, answer.broken === promise)
    if (values.pictures) await draw(pictureOf(limit, promise), `${name}: ${promise}`, answer)
    seen.push(linked(answer.broken ?? 'missed', pictureOf(limit, promise)))
  }
  const rest = await check({ defines, tolerated: breaks })
  say(rest, rest.broken === null)
  const all = rest.broken === null ? name : `${name}: also ${rest.broken}`
  console.log(`| ${all} (${bounds(defines)}) | ${seen.join(', ')} | ${figures(rest)} |`)
}

console.log('\n| rule | left out | breaks | within | steps |\n| --- | --- | --- | --- | --- |')
for (const omission of omissions.filter(isWanted('omissions'))) {
  const { rule, name, leftOut, defines, breaks, tolerated = [] } = omission
  const answer = await check({ defines: { ...defines, LEFT_OUT: leftOut }, tolerated, isShort: true })
  say(answer, answer.broken === breaks)
  if (values.pictures) await draw(pictureOf(omission), `Without rule ${rule}, ${name}: ${breaks}`, answer)
  const seen = linked(answer.broken ?? 'nothing: missed', pictureOf(omission))
  console.log(`| ${rule} | ${name} | ${seen} | ${bounds(defines)} | ${answer.steps.length} |`)
}

function linked(words: string, picture: string): string {
  return `[${words}](../model/pictures/${basename(picture)})`
}

function say({ broken, steps }: Answer, isAsExpected: boolean): void {
  if (!isAsExpected) process.exitCode = 1
  if (values.show || (!isAsExpected && broken !== null)) console.log(steps.join('\n'))
}

async function draw(path: string, title: string, { steps }: Answer): Promise<void> {
  if (steps.length > 0) await writeFile(path, sequence(title, steps))
}
