const everyMs = 1_000
/** Back to the start of the line, and clear it. */
const anew = '\r\x1b[K'

export interface Progress {
  reached(number: number): void
  over(): void
}

/**
 * How far it is, once a second, on one line of a terminal. In a pipeline or a log nobody wants it, nor on a terminal that
 * the entries themselves are written to.
 */
export function progressOn(
  { errors, output }: { errors: Terminal; output: Pick<Terminal, 'isTTY'> },
  { last, nowMs = () => performance.now() }: { last: number; nowMs?: () => number },
): Progress {
  if (!isTerminal(errors) || isTerminal(output)) return { reached: () => undefined, over: () => undefined }
  let toldAtMs = nowMs()
  return {
    reached: (number) => {
      if (nowMs() - toldAtMs < everyMs) return
      toldAtMs = nowMs()
      errors.write(`${anew}entry ${counted(number)} of ${counted(Math.max(number, last))}`)
    },
    over: () => errors.write(anew),
  }
}

interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const isTerminal = ({ isTTY }: Pick<Terminal, 'isTTY'>): boolean => isTTY === true
const counted = (number: number): string => number.toLocaleString('en')
