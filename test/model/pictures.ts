import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Promised } from './check.ts'
import type { Limit, Omission } from './configurations.ts'

/** Where the pictures of the counterexamples are kept, beside the model. */
export const pictures = fileURLToPath(new URL('../../model/pictures/', import.meta.url))

export function pictureOf(of: Omission): string
export function pictureOf(of: Limit, promise: Promised): string
export function pictureOf(of: Omission | Limit, promise?: Promised): string {
  const name = 'leftOut' in of ? of.leftOut : `${of.of} ${promise ?? ''}`
  return join(pictures, `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.svg`)
}
