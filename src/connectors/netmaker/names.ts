import { createHash } from 'node:crypto'
import type { Target } from '../../domain/connector.ts'
import type { ExtClient } from './server.ts'
import { canonical } from './settings.ts'

/** What the name of each client that Curfew created begins with. */
const marker = 'curfew'
const longestReadable = 12
const hashLength = 12
const digits = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * How the client of somebody is called that is created for a target: `curfew-`, what can be said of the principal, and a
 * hash of both. 32 characters at most, letters, digits and dashes; of one principal and target alone, in all networks.
 */
export function createdName(principal: string, target: Target): string {
  const readable = principal.replace(/[^A-Za-z0-9]+/g, '-').slice(0, longestReadable)
  const bytes = createHash('sha256')
    .update(JSON.stringify([principal, canonical(target)]))
    .digest()
  const hash = [...bytes.subarray(0, hashLength)].map((byte) => digits.charAt(byte % digits.length)).join('')
  return [marker, readable.replace(/^-|-$/g, ''), hash].filter((part) => part !== '').join('-')
}

/** Tells people in Netmaker's dashboard, and `whoseIs`, for whom a client was created. No access rule goes by it. */
export const tagFor = (principal: string): string => `${marker}:${principal}`

const marksOf = ({ tags }: Pick<ExtClient, 'tags'>) =>
  Object.keys(tags ?? {}).filter((tag) => tag.startsWith(`${marker}:`))

/** Whether its tags say for whom it was created. */
export const isTagged = (client: ExtClient): boolean => marksOf(client).length > 0

/** Whether a client was created by Curfew, for whatever target: no other is called so. */
export const isCreatedName = (name: string): boolean => createdPattern.test(name)
const createdPattern = new RegExp(`^${marker}-(?:.{1,${longestReadable}}-)?[${digits}]{${hashLength}}$`)

/**
 * Whose client it is that was created for this target; null: it was created for another, or its tag was wiped and its
 * name does not tell.
 */
export function whoseIs({ clientid, tags }: ExtClient, target: Target): string | null {
  const tagged = marksOf({ tags }).map((tag) => tag.slice(marker.length + 1))
  const readable = clientid.slice(marker.length + 1, -(hashLength + 1))
  return [...tagged, readable].find((principal) => createdName(principal, target) === clientid) ?? null
}
