import { createHash, createHmac, randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SourceText } from './source.ts'

/** Of everything in the files; the same on every replica that reads the same files. */
export function fingerprintOf(texts: readonly SourceText[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(written(text))
  return hash.digest('hex')
}

/** The same, a file a turn: however many there are, nobody waits for all of them. */
export async function fingerprintInTurns(texts: readonly SourceText[]): Promise<string> {
  const hash = createHash('sha256')
  for (const text of texts) {
    await nextTurn()
    hash.update(written(text))
  }
  return hash.digest('hex')
}

const written = ({ file, text }: SourceText): string => JSON.stringify([file, text])

const key = randomBytes(32)

/** Of settings that hold secrets: keyed anew in each process, so that nobody can try guesses against one that was logged. */
export function secretFingerprintOf(settings: unknown): string {
  return createHmac('sha256', key).update(JSON.stringify(settings)).digest('hex').slice(0, 32)
}
