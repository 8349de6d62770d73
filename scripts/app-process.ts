import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildApp } from './build-app.ts'

export interface AppProcess {
  readonly pid: number
  /** Its log so far, a line each. */
  readonly lines: readonly string[]
  /** Asks it to stop, as a supervisor would, and waits; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** The built app as its own process, as `npm start` runs it. Resolves when it says that it is running. */
export async function startAppProcess(environment: Record<string, string>): Promise<AppProcess> {
  const entry = await buildApp()
  const lines: string[] = []
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'die-with-parent.mjs'), entry, 'start'],
    {
      cwd: join(import.meta.dirname, '..'),
      env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null)
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream ?? process.stdin }).on('line', (line) => {
        lines.push(line)
        if (lines.length > 5_000) lines.shift()
        if (line.includes('"curfew is running"')) resolve()
      })
    }
    void exited.then((code) =>
      reject(new Error(`the app ended with ${code}:\n${lines.slice(-20).join('\n')}`)),
    )
  })
  return {
    pid: child.pid ?? 0,
    lines,
    stop: async () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}
