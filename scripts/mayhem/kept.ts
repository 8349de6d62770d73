import { BSON } from 'mongodb'
import type { Evidence } from './evidence.ts'

/** Evidence as a text from which it can be read again, dates and all. */
export const written = ({ heldBefore, ...evidence }: Evidence): string =>
  BSON.EJSON.stringify({ ...evidence, heldBefore: [...heldBefore] })

export function readWritten(text: string): Evidence {
  const { heldBefore, ...evidence } = BSON.EJSON.parse(text) as Omit<Evidence, 'heldBefore'> & {
    readonly heldBefore: readonly string[]
  }
  return { ...evidence, heldBefore: new Set(heldBefore) }
}
