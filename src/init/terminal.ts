import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

export interface Terminal {
  say(line: string): void
  /** One line, as it was typed. Throws `Interrupted` on Ctrl-C, and where the input ends. */
  ask(words: string, options: { readonly isSecret: boolean }): Promise<string>
  close(): void
}

/** Whoever was asked went away. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** What the line editor draws, while it may be seen. */
class Echo extends Writable {
  readonly #output: NodeJS.WriteStream
  isShown = false

  constructor(output: NodeJS.WriteStream) {
    super()
    this.#output = output
  }

  /** By which lines are broken that are longer than the window. */
  get columns(): number {
    return this.#output.columns
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.isShown) this.#output.write(chunk)
    done()
  }
}

/**
 * Asks on a terminal. Nothing of what is secret is shown: not while it is typed, and not by the arrow keys later. What was
 * typed or pasted before its question came is dropped, since it may be the rest of a secret and the next answer be shown.
 */
export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Terminal {
  const echo = new Echo(output)
  const reading = createInterface({ input, output: echo, terminal: true, historySize: 0 })
  let answer: (line: string) => void = () => undefined
  reading.on('line', (line) => answer(line))
  const left = new AbortController()
  const gone = new Promise<never>((_resolve, reject) => {
    left.signal.addEventListener('abort', () => reject(new Interrupted('nobody is there to answer')))
  })
  reading.once('SIGINT', () => left.abort()).once('close', () => left.abort())
  // It is told to whoever asks; nobody may be asking yet.
  gone.catch(() => undefined)

  return {
    say: (line) => void output.write(`${line}\n`),
    ask: async (words, { isSecret }) => {
      if (left.signal.aborted) return gone
      echo.isShown = false
      for (const name of ['e', 'u']) reading.write(null, { ctrl: true, name })
      const typed = new Promise<string>((resolve) => {
        answer = resolve
      })
      echo.isShown = !isSecret
      if (isSecret) output.write(words)
      reading.setPrompt(isSecret ? '' : words)
      reading.prompt()
      try {
        return await Promise.race([typed, gone])
      } finally {
        answer = () => undefined
        echo.isShown = false
        if (isSecret) output.write('\n')
      }
    },
    close: () => reading.close(),
  }
}
