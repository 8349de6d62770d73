import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

/** A part of a bench in a process of its own, which ends with ours. */
export interface Part {
  readonly pid: number
  /** Rejects if the part fails at it, or dies. */
  ask(question: unknown): Promise<unknown>
  stop(): Promise<void>
}

const asked = z.object({ number: z.number(), question: z.unknown() })
const answered = z.object({ number: z.number(), answer: z.unknown(), failure: z.string().optional() })

const dieWithParent = pathToFileURL(join(import.meta.dirname, '../die-with-parent.mjs')).href

/** Starts a file beside this one that calls `answerParent`. `options` are of Node, and a process with some ends in peace. */
export function startPart(file: string, options: readonly string[] = []): Part {
  const child = fork(join(import.meta.dirname, file), {
    execArgv: ['--import', 'tsx', '--import', dieWithParent, ...options],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  child.on('message', (message) => {
    const { number, answer, failure } = answered.parse(message)
    if (failure === undefined) waiting.get(number)?.resolve(answer)
    else waiting.get(number)?.reject(new Error(`${file}: ${failure}`))
    waiting.delete(number)
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code ?? 'a signal'}`))
  })
  let number = 0
  return {
    pid: child.pid ?? NaN,
    ask: (question) =>
      new Promise((resolve, reject) => {
        number += 1
        waiting.set(number, { resolve, reject })
        child.send({ number, question })
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(options.length > 0 ? 'SIGTERM' : 'SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** The other side of `startPart`: answers each question, one after the other or at the same time. */
export function answerParent<Q>(question: z.ZodType<Q>, answer: (question: Q) => unknown): void {
  // So that a profile of it is written.
  process.once('SIGTERM', () => process.exit(0))
  process.on('message', (message) => {
    const { number, question: raw } = asked.parse(message)
    void Promise.resolve()
      .then(() => answer(question.parse(raw)))
      .then(
        (found) => process.send?.({ number, answer: found }),
        (error: unknown) => process.send?.({ number, failure: String(error) }),
      )
  })
}
