import { z } from 'zod'

const written = z.iso.datetime({ offset: true, error: 'is no instant such as 2027-01-31T09:00:00Z' })

/** Of RFC 3339 text, with its zone; null for what is none, or no day there is. */
export function instantOf(text: string): Date | null {
  if (!written.safeParse(text).success) return null
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at
}
