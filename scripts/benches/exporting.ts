import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../build-app.ts'

export interface Export {
  readonly lines: number
  readonly bytes: number
  /** With the start of the command. */
  readonly ms: number
  /** The most memory that the process ever had, by the kernel's count. */
  readonly peakMb: number
}

/** `curfew audit export` as people run it, built, in a process of its own, into a pipe that is read as fast as it is written. */
export async function exporting(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Export> {
  const cli = await buildApp()
  const startMs = performance.now()
  const child = spawn(process.execPath, [cli, 'audit', 'export', ...words], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let [lines, bytes, peakMb] = [0, 0, 0]
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++
  })
  const exited = once(child, 'close') as Promise<[number | null]>
  const watched = (async () => {
    while (child.exitCode === null && child.signalCode === null) {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
      const [, kb = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
      peakMb = Math.max(peakMb, Number(kb) / 1_024)
      await sleep(20)
    }
  })()
  const [code] = await exited
  await watched
  if (code !== 0) throw new Error(`the export ended with ${code}`)
  return { lines, bytes, ms: performance.now() - startMs, peakMb }
}
