import type { Condition } from '../../domain/ports/scim.ts'
import { ScimError } from '../../domain/scim/scim-error.ts'

export const etagOf = (version: string): string => `W/"${version}"`

/** What `If-Match` asks; null where it asks nothing. */
export function ifMatch(header: string | undefined): Condition | null {
  if (header === undefined || header.trim() === '*') return null
  return (version) => {
    if (!isAmong(header, version))
      throw new ScimError(412, null, 'It was changed meanwhile: its version is another. Nothing was changed.')
  }
}

/** Compared weakly: a change is a change. */
export const isAmong = (header: string, version: string): boolean =>
  header.trim() === '*' ||
  header.split(',').some((one) => one.trim().replace(/^W\//, '').replace(/^"|"$/g, '') === version)
