import { spawn } from 'node:child_process'
import { z } from 'zod'
import type { Keeper } from './keeper.ts'

/** How long a program that was asked to end may take to do so. */
const politeMs = 200
/** How long the end of one that was killed is waited for: one that waits for a dead disk cannot be killed. */
const killedMs = 300
/** What the program wrote is there once it has ended; its pipe may be held by what got away. */
const drainMs = 200
/** Enough for its last line, and for a long secret in it. */
const mostComplaintBytes = 128_000

export type Outcome =
  | {
      readonly how: 'exited'
      readonly status: number
      readonly answer: string
      readonly complaint: string
    }
  | { readonly how: 'killed'; readonly by: string; readonly complaint: string }
  | { readonly how: 'not started'; readonly code: string }
  | { readonly how: 'given up' }
  | { readonly how: 'said too much' }

const coded = z.object({ code: z.string() })

/**
 * Runs a program once, in a group of its own, without a shell. However it ends, what it started has ended too when this
 * resolves, but for what left its group or became another user. It never rejects.
 *
 * Its time being up, the group is asked to end (SIGTERM), and killed a moment later.
 */
export function runOnce(
  [path = '', ...args]: readonly string[],
  {
    env,
    input,
    mostBytes,
    keeper,
    signal,
  }: {
    env: Readonly<Record<string, string>>
    input: string
    mostBytes: number
    keeper: Keeper
    signal: AbortSignal
  },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const answer: Buffer[] = []
    let answerBytes = 0
    let complaint = Buffer.alloc(0)
    let isCut = false
    let isGivenUp = false
    const timers: NodeJS.Timeout[] = []

    let child
    try {
      child = spawn(path, args, { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    } catch (error) {
      resolve({ how: 'not started', code: codeOf(error) })
      return
    }
    const { pid, stdin, stdout, stderr } = child
    const end = (outcome: Outcome): void => {
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy()
      child.unref()
      resolve(outcome)
    }
    const kill = (by: 'SIGTERM' | 'SIGKILL'): void => {
      if (pid !== undefined) killGroup(pid, by)
    }
    function giveUp(): void {
      isGivenUp = true
      kill('SIGTERM')
      timers.push(setTimeout(() => kill('SIGKILL'), politeMs))
      timers.push(setTimeout(() => end({ how: 'given up' }), politeMs + killedMs))
    }

    child.once('error', (error) => {
      if (pid === undefined) end({ how: 'not started', code: codeOf(error) })
    })
    for (const pipe of [stdin, stdout, stderr]) pipe.on('error', () => undefined)
    if (pid === undefined) return

    stdout.on('data', (bytes: Buffer) => {
      answerBytes += bytes.length
      answer.push(bytes)
      if (answerBytes > mostBytes) kill('SIGKILL')
    })
    stderr.on('data', (bytes: Buffer) => {
      const whole = Buffer.concat([complaint, bytes])
      isCut ||= whole.length > mostComplaintBytes
      complaint = whole.subarray(-mostComplaintBytes)
    })
    child.once('exit', (status, by) => {
      kill('SIGKILL')
      keeper.ended(pid)
      const ended = (): void => {
        const complained = isCut ? wholeLines(complaint) : complaint.toString()
        if (answerBytes > mostBytes) end({ how: 'said too much' })
        else if (isGivenUp) end({ how: 'given up' })
        else if (status === null) end({ how: 'killed', by: String(by), complaint: complained })
        else
          end({
            how: 'exited',
            status,
            answer: Buffer.concat(answer).toString(),
            complaint: complained,
          })
      }
      timers.push(setTimeout(ended, drainMs))
      child.once('close', ended)
    })

    // In this order: a program that has its message is surely known to the keeper.
    keeper.begun(pid)
    stdin.end(input)
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
}

/** Without the first, of which only the end is there: it may begin within a secret, which nobody could find then. */
const wholeLines = (bytes: Buffer): string =>
  bytes.subarray(bytes.indexOf('\n') + 1 || bytes.length).toString()

/** What has ended already, or became another user's, is none of ours. */
function killGroup(group: number, by: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, by)
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes(codeOf(error))) throw error
  }
}

const codeOf = (error: unknown) => coded.safeParse(error).data?.code ?? 'unknown'
