import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { extraHeaders, safeUrl, transportHeaders } from '../http/settings.ts'
import { secret } from '../secret.ts'
import { late } from '../times.ts'

/** A change takes milliseconds; this is for a server or a wire that stood still. */
const usuallyLateMs = 10_000

export const netmakerSettings = z.strictObject({
  /** Of the API: what stands before `/api/…`. */
  url: safeUrl.refine(isBare, 'must have nothing after its path'),
  /** An API token of an admin. */
  token: secret,
  /** Sent along with each call: what a gateway or a hosted Netmaker wants to see. */
  headers: extraHeaders(new RegExp(`^(authorization|${transportHeaders})$`, 'i')),
  late: late.default(usuallyLateMs),
})

export type NetmakerSettings = z.infer<typeof netmakerSettings>

const clientPattern = /^[A-Za-z0-9-]{5,32}$/

/** What Netmaker lets an external client be called. */
export const isClientName = (text: string): boolean => clientPattern.test(text)

export const netmakerTarget = z.strictObject({
  network: z
    .string()
    .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,32}$/, 'must be the name of a network, such as prod or home-lab'),
  /** Ends the name of the person's client in this network: a name is of one network alone. */
  suffix: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,31}$/, 'must be letters, digits and dashes, such as -prod')
    .optional(),
})

/** A network, and how the clients of people are called in it. */
export interface Place {
  readonly network: string
  readonly suffix: string
}

export function placeOf(target: Target): Place {
  const { network, suffix = '' } = netmakerTarget.parse(target)
  return { network, suffix }
}

/** Two networks are never written the same: a slash is in none of their names. */
export function canonical(target: Target): string {
  const { network, suffix } = placeOf(target)
  return suffix === '' ? network : `${network}/${suffix}`
}

function isBare(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed !== null && parsed.search === '' && parsed.hash === ''
}
