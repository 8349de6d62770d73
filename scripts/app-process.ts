import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { buildApp } from './build-app.ts'

export interface AppProcess {
  readonly pid: number
  /** From its being started until it said that it runs. */
  readonly readyMs: number
  /** Its log so far, a line each. */
  readonly lines: readonly string[]
  /** Its exit code, null after a signal, once it ended. */
  readonly exited: Promise<number | null>
  /** What Node says of its memory, in bytes; of a process that was started with `tellsMemory`. */
  memory(): Promise<Memory>
  /** Asks it to stop, as a supervisor would, and waits; resolves with its exit code. */
  stop(): Promise<number | null>
}

export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

const told = z.object({ memory: z.object({ rss: z.number(), heapUsed: z.number() }) })
const preloaded = (file: string): readonly string[] => ['--import', join(import.meta.dirname, file)]

/** The built app as its own process, as `npm start` runs it. Resolves when it says that it is running. */
export async function startAppProcess(
  environment: Record<string, string>,
  options: { tellsMemory?: true } = {},
): Promise<AppProcess> {
  const words = [await buildApp(), 'start']
  return startNodeProcess(words, { environment, running: 'curfew is running', ...options })
}

/** Any program of ours that logs lines of JSON, as the app does. Resolves when it logs the message `running`. */
export async function startNodeProcess(
  words: readonly string[],
  {
    environment,
    running,
    tellsMemory,
    hears = () => undefined,
  }: {
    environment: Record<string, string>
    running: string
    tellsMemory?: true
    /** Each line of its log, as it comes. */
    hears?: (line: string) => void
  },
): Promise<AppProcess> {
  const lines: string[] = []
  const startedAtMs = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...preloaded('die-with-parent.mjs'),
      ...(tellsMemory ? preloaded('benches/tell-memory.mjs') : []),
      ...words,
    ],
    {
      cwd: join(import.meta.dirname, '..'),
      env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null)
  const readyMs = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream ?? process.stdin }).on('line', (line) => {
        hears(line)
        lines.push(line)
        if (lines.length > 5_000) lines.shift()
        if (line.includes(`"${running}"`)) resolve(performance.now() - startedAtMs)
      })
    }
    void exited.then((code) =>
      reject(new Error(`the app ended with ${code}:\n${lines.slice(-20).join('\n')}`)),
    )
  })
  return {
    pid: child.pid ?? 0,
    readyMs,
    lines,
    exited,
    memory: async () => {
      const answered = once(child, 'message')
      child.send('memory')
      const [answer] = (await answered) as unknown[]
      return told.parse(answer).memory
    },
    stop: async () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}
