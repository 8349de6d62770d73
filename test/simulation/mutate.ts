import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutation } from './mutations.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

export interface Caught {
  /** The first seed that broke a promise, or null: missed. */
  readonly seed: number | null
  readonly promises: readonly string[]
}

/** The text with each edit made. Throws when a text is not there exactly once: then the code moved on, and so must the mutation. */
export function mutated(text: string, { name, file, edits }: Mutation): string {
  return edits.reduce((so, [from, to]) => {
    const [before, after, ...more] = so.split(from)
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(
        `"${name}" does not fit ${file} any more: there is not exactly one ${JSON.stringify(from)}`,
      )
    return before + to + after
  }, text)
}

export const sourceOf = ({ file }: Mutation): Promise<string> => readFile(join(root, file), 'utf8')

/** Runs the simulation on a copy of the sources in which the mutation was made, until a promise breaks. */
export async function runMutated(
  mutation: Mutation,
  { runs, from = 1, signal }: { runs: number; from?: number; signal?: AbortSignal },
): Promise<Caught> {
  const source = mutated(await sourceOf(mutation), mutation)
  const folder = await mkdtemp(join(tmpdir(), 'curfew-mutation-'))
  try {
    for (const part of ['src', 'test/simulation', 'test/support', 'package.json', 'tsconfig.json'])
      await cp(join(root, part), join(folder, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, mutation.file), source)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--import',
        'tsx',
        'test/simulation/run.ts',
        '--first',
        '--runs',
        String(runs),
        '--from',
        String(from),
      ],
      { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' }, ...(signal ? { signal } : {}) },
    )
    return JSON.parse(stdout) as Caught
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
