import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { SourceText } from './source.ts'

/** Of everything in the files; the same on every replica that reads the same files. */
export function fingerprintOf(texts: readonly SourceText[]): string {
  const hash = createHash('sha256')
  for (const { file, text } of texts) hash.update(JSON.stringify([file, text]))
  return hash.digest('hex')
}

const key = randomBytes(32)

/** Of settings that hold secrets: keyed anew in each process, so that nobody can try guesses against one that was logged. */
export function secretFingerprintOf(settings: unknown): string {
  return createHmac('sha256', key).update(JSON.stringify(settings)).digest('hex').slice(0, 32)
}
