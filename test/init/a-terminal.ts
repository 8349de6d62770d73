import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { commandLine, type Folder } from './a-folder.ts'

export const enter = '\r'
export const ctrlC = '\u0003'
export const ctrlD = '\u0004'
export const arrowUp = '\u001b[A'

export interface SomebodysTerminal {
  /** Everything that was on the screen so far. */
  shown(): string
  /** Resolves once this is shown, after whatever was waited for before. */
  sees(words: string): Promise<void>
  types(text: string): void
  readonly exited: Promise<number | null>
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
const patienceMs = 30_000

/** Curfew's command line on a real pseudo-terminal, which script(1) opens: what is typed is echoed unless it says no. */
export function aTerminal(
  folder: Folder,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): SomebodysTerminal {
  const command = ['exec', ...[process.execPath, ...commandLine, ...words].map(quoted)].join(' ')
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  let readTo = 0
  let look: () => void = () => undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    look()
  })
  const exited = once(child, 'close').then(() => child.exitCode)
  afterThis(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    shown: () => screen,
    types: (text) => void child.stdin.write(text),
    exited,
    sees: async (expected) => {
      const timeout = AbortSignal.timeout(patienceMs)
      const isSeen = new Promise<void>((resolve, reject) => {
        const missed = (why: string) => reject(new Error(`${why} before “${expected}” was seen:\n${screen}`))
        look = () => {
          const at = screen.indexOf(expected, readTo)
          if (at === -1) return
          readTo = at + expected.length
          look = () => undefined
          resolve()
        }
        timeout.addEventListener('abort', () => missed('time was up'))
        void exited.then(() => missed('it ended'))
      })
      look()
      await isSeen
    },
  }
}
