import dotenv from 'dotenv'
import { parseCatalog } from '../catalog/parse.ts'
import { CatalogError, writeProblem } from '../catalog/problem.ts'
import { ConfigError, readConfig } from '../config.ts'
import { connectorKinds } from '../connectors/registry.ts'
import type { Answers } from './answers.ts'
import { catalogText } from './catalog-text.ts'
import { envText } from './env-text.ts'
import type { Leftover, NewFile } from './write-new.ts'

export const [envName, catalogName] = ['.env', 'catalog.yml']

/** Both files, which are read here as Curfew will read them. Throws `ConfigError` where it would not take them. */
export function filesFor(answers: Answers): NewFile[] {
  const env = envText(answers, catalogName)
  if ('unwritable' in env)
    throw new ConfigError(
      `Nothing was written: ${env.unwritable.join(', ')} mixes quotes, backslashes or line ends in a way that no .env can hold`,
    )
  const catalog = catalogText(answers)
  const variables = dotenv.parse(env.text)
  readConfig(variables)
  const reading = parseCatalog([{ file: catalogName, text: catalog }], {
    env: variables,
    kinds: connectorKinds,
  })
  if (!reading.ok) throw new CatalogError(['Nothing was written.', ...reading.problems.map(writeProblem)])
  return [
    { name: catalogName, text: catalog, mode: 0o644 },
    { name: envName, text: env.text, mode: 0o600 },
  ]
}

export const names = [envName, catalogName] as const

/** Why nothing is written, file by file. */
export function inTheWay(taken: readonly string[], left: readonly Leftover[]): string {
  const stays = names.map((name) =>
    taken.includes(name) ? `  ${name} is there already, and stays as it is` : `  ${name} would be written`,
  )
  const rests = left.map(
    ({ folder, written }) =>
      `A run was killed while it wrote, and left its secrets: rm -r ${[folder, ...written].join(' ')}`,
  )
  const isTheirs = taken.some((name) => left.every(({ written }) => !written.includes(name)))
  const advice = isTheirs ? ['Run it in an empty folder, or move away what is there.'] : []
  return ['Nothing was written.', ...stays, ...rests, ...advice].join('\n')
}
