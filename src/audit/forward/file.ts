import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Receiver } from '../../domain/ports/forwarding.ts'
import type { Format } from '../formats.ts'
import { saidOf } from './words.ts'

/**
 * Lines at the end of a file, taken once they are on the disk. It is opened by its name each time: whoever rotates logs
 * may rename it. A line that a full disk cut off ends there, and is written again.
 */
export const fileReceiver = (path: string, format: Format): Receiver => ({
  take: async (those) => {
    const file = await open(path, 'a+', 0o640)
    try {
      const { size } = await file.stat()
      const head = size === 0 ? format.head : (await endsLine(file, size)) ? '' : '\n'
      await file.appendFile(head + those.map((one) => `${saidOf(one, format).text}\n`).join(''))
      await file.sync()
      if (size === 0) await syncFolder(dirname(path))
    } finally {
      await file.close()
    }
  },
})

async function endsLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer.toString() === '\n'
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
