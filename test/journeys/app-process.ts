import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { eventually } from './acts.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const typescript = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href
/** So that it cannot outlive the tests, however they end; and is not kept alive by it. */
const endsWithStdin =
  'data:text/javascript,process.stdin.on("end",()=>process.exit(9)).resume();process.stdin.unref()'

export interface AppProcess {
  /** Everything it said so far, a line each. */
  readonly lines: readonly string[]
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Resolves once it has said so. */
  says(words: string, withinMs?: number): Promise<void>
}

/** Curfew as people run it: its command line, in a process of its own, with this environment and no other. */
export function curfew(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  // No `.env` there.
  folder = tmpdir(),
): AppProcess {
  const child = spawn(
    process.execPath,
    ['--import', endsWithStdin, '--import', typescript, join(root, 'src/cli.ts'), ...words],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], LOG_LEVEL: 'info', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  const lines: string[] = []
  const read = [child.stdout, child.stderr].map((input) => {
    const reading = createInterface({ input })
    reading.on('line', (line) => lines.push(line))
    return once(reading, 'close')
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const exited = ended.then(async ([code, signal]) => {
    await Promise.all(read)
    return code ?? signal ?? 'SIGKILL'
  })
  afterThis(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    lines,
    exited,
    kill: (signal) => void child.kill(signal),
    says: async (said, withinMs = 30_000) => {
      const hasSaid = () => lines.some((line) => line.includes(said))
      await Promise.race([
        eventually(
          async () => [hasSaid(), lines.slice(-20)] as const,
          ([is]) => is,
          withinMs,
        ),
        exited.then((code) => {
          if (!hasSaid()) throw new Error(`it ended with ${code}:\n${lines.slice(-20).join('\n')}`)
        }),
      ])
    },
  }
}
