import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Receiver } from '../../domain/ports/forwarding.ts'
import type { Format } from '../formats.ts'
import { saidOf } from './words.ts'

/** What another process is just writing is written within that. */
const stillMs = 1_000

/**
 * Lines at the end of a file, taken once they are on the disk. It is opened by its name each time: whoever rotates logs
 * may rename it. What a full disk cut off of its last line is removed, and that line written again; what another process is
 * just writing is left alone.
 */
export function fileReceiver(path: string, format: Format): Receiver {
  const ends = new LineEnds(format)
  return {
    take: async (those) => {
      const file = await open(path, 'a+', 0o640)
      try {
        const size = await wholeSize(file, ends)
        const head = size === 0 ? format.head : ''
        const bytes = Buffer.from(head + those.map((one) => `${saidOf(one, format).text}\n`).join(''))
        // By one call, as what two append so at once is not mixed.
        const { bytesWritten } = await file.write(bytes)
        if (bytesWritten < bytes.length) throw new Error('the disk took a part of it only')
        await file.sync()
        if (size === 0) await syncFolder(dirname(path))
      } finally {
        await file.close()
      }
    },
  }
}

/** Its size, without what was cut off of its last line. */
async function wholeSize(file: FileHandle, ends: LineEnds): Promise<number> {
  for (;;) {
    const { size, ino, mtimeMs } = await file.stat()
    const end = await ends.last(file, { ino, size })
    if (end === size) return size
    const forMs = Date.now() - mtimeMs
    // A clock that was set back must not make it wait for hours.
    if (forMs >= 0 && forMs < stillMs) await sleep(stillMs - forMs)
    else {
      await file.truncate(end)
      return end
    }
  }
}

const readAtOnce = 65_536
const [lineEnd, quote] = [0x0a, 0x22]

/** Finds where the last whole line of a file ends. */
class LineEnds {
  readonly #isQuoted: boolean
  /** Up to there whole lines were seen in this file. */
  #seen = { ino: -1, end: 0 }

  constructor({ isQuoted = false }: Pick<Format, 'isQuoted'>) {
    this.#isQuoted = isQuoted
  }

  async last(file: FileHandle, { ino, size }: { ino: number; size: number }): Promise<number> {
    if (!this.#isQuoted) return lastLineEnd(file, size)
    const { end } = this.#seen
    const isSame = ino === this.#seen.ino && end > 0 && end <= size
    const from = isSame && (await read(file, end - 1, 1))[0] === lineEnd ? end : 0
    this.#seen = { ino, end: await lastQuotedLineEnd(file, from, size) }
    return this.#seen.end
  }
}

async function lastLineEnd(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - readAtOnce)
    const last = (await read(file, begin, end - begin)).lastIndexOf(lineEnd)
    if (last !== -1) return begin + last + 1
    end = begin
  }
  return 0
}

/** Whether an end is within quotes only what comes before it tells: it is read from `from` on, where a line begins. */
async function lastQuotedLineEnd(file: FileHandle, from: number, size: number): Promise<number> {
  let [end, isWithin] = [from, false]
  for (let at = from; at < size;) {
    const bytes = await read(file, at, Math.min(readAtOnce, size - at))
    if (bytes.length === 0) break
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === quote) isWithin = !isWithin
      else if (bytes[i] === lineEnd && !isWithin) end = at + i + 1
    }
    at += bytes.length
  }
  return end
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

/** That there is a file of that name is on the disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
