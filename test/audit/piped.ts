import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const root = new URL('../../', import.meta.url)
const typescript = pathToFileURL(fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root))).href
const cli = fileURLToPath(new URL('src/cli.ts', root))

const ended = z.object({ code: z.number().default(0), stdout: z.string(), stderr: z.string() })

/** Runs a command of ours, and whatever follows it in the pipe; the code is that of the pipe, as of `set -o pipefail`. */
export async function piped(environment: Readonly<Record<string, string>>, words: string, into = '') {
  const script = `set -o pipefail; "$0" --import "$1" "$2" ${words} ${into}`
  return ended.parse(
    await promisify(execFile)('bash', ['--norc', '-c', script, process.execPath, typescript, cli], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], ...environment },
      maxBuffer: 50_000_000,
    }).catch((error: unknown) => error),
  )
}
