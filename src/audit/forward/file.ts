import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Receiver } from '../../domain/ports/forwarding.ts'
import type { Format } from '../formats.ts'
import { saidOf } from './words.ts'

/**
 * Lines at the end of a file, taken once they are on the disk. It is opened by its name each time: whoever rotates logs
 * may rename it. What a full disk cut off of its last line is removed, and that line written again.
 */
export const fileReceiver = (path: string, format: Format): Receiver => ({
  take: async (those) => {
    const file = await open(path, 'a+', 0o640)
    try {
      const { size: wholeSize } = await file.stat()
      const size = await linesEnd(file, wholeSize)
      if (size < wholeSize) await file.truncate(size)
      const head = size === 0 ? format.head : ''
      await file.appendFile(head + those.map((one) => `${saidOf(one, format).text}\n`).join(''))
      await file.sync()
      if (size === 0) await syncFolder(dirname(path))
    } finally {
      await file.close()
    }
  },
})

const readAtOnce = 65_536

/** Where its last whole line ends. */
async function linesEnd(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - readAtOnce)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - begin), 0, end - begin, begin)
    const last = buffer.subarray(0, bytesRead).lastIndexOf('\n')
    if (last !== -1) return begin + last + 1
    end = begin
  }
  return 0
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
