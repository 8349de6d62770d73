import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { afterThis } from '../workspace/support/a-workspace.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const typescript = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href
const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() })

/** The words of a shell that start Curfew's command line as people do. */
export const commandLine = ['--import', typescript, join(root, 'src/cli.ts')] as const

export interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

export interface Folder {
  readonly path: string
  /** Curfew's command line in it, without a terminal, and with this environment alone. */
  curfew(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran>
  names(): Promise<string[]>
}

/** A folder with nothing in it; gone after the test. */
export async function aFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'curfew-init-test-'))
  afterThis(() => rm(path, { recursive: true }))
  return {
    path,
    names: async () => (await readdir(path)).sort(),
    curfew: async (words, environment = {}) => {
      const env = { PATH: process.env['PATH'], ...environment }
      try {
        const running = promisify(execFile)(process.execPath, [...commandLine, ...words], { cwd: path, env })
        running.child.stdin?.end()
        const { stdout, stderr } = await running
        return { code: 0, out: stdout, errors: stderr }
      } catch (error) {
        const { code, stdout, stderr } = failed.parse(error)
        return { code, out: stdout, errors: stderr }
      }
    },
  }
}
