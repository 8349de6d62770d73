import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { safeUrl } from '../../domain/safe-url.ts'
import { extraHeaders, transportHeaders } from '../http/settings.ts'
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

const gatewayPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const netmakerTarget = z
  .strictObject({
    network: z
      .string()
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,32}$/, 'must be the name of a network, such as prod or home-lab'),
    /** Ends the name of the person's client in this network: a name is of one network alone. */
    suffix: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,31}$/, 'must be letters, digits and dashes, such as -prod')
      .optional(),
    /** With it a client is created for each grant, at the node of this id. */
    gateway: z.string().regex(gatewayPattern, 'must be the id of a node, in lower case').optional(),
    /** What the created client is tagged with, for access rules to go by: as the list of clients shows them. */
    tags: z
      .array(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be the id of a tag, such as prod.contractors'))
      .min(1)
      .max(20)
      .optional(),
  })
  .refine(({ suffix, gateway }) => suffix === undefined || gateway === undefined, {
    path: ['suffix'],
    message: 'is of clients that are there, and a gateway of those that are created',
  })
  .refine(({ gateway, tags }) => gateway !== undefined || tags === undefined, {
    path: ['tags'],
    message: 'are of clients that are created: name their gateway',
  })

/** A network, and how the clients of people are called in it. */
export interface Place {
  readonly network: string
  readonly suffix: string
}

/** Where clients are created, and what they are tagged with. */
export interface Creation {
  readonly network: string
  readonly gateway: string
  readonly tags: readonly string[]
}

export function placeOf(target: Target): Place {
  const { network, suffix = '' } = netmakerTarget.parse(target)
  return { network, suffix }
}

/** Null: the client is there, and is enabled. */
export function creationOf(target: Target): Creation | null {
  const { network, gateway, tags = [] } = netmakerTarget.parse(target)
  return gateway === undefined ? null : { network, gateway, tags: [...new Set(tags)].sort() }
}

/** Two that differ are never written the same: a slash is in no name of a network, and a colon in no suffix and no tag. */
export function canonical(target: Target): string {
  const creation = creationOf(target)
  if (creation === null) {
    const { network, suffix } = placeOf(target)
    return suffix === '' ? network : `${network}/${suffix}`
  }
  const { network, gateway, tags } = creation
  const tagged = tags.length === 0 ? '' : `/tags:${tags.join(',')}`
  return `${network}/gateway:${gateway}${tagged}`
}

function isBare(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed !== null && parsed.search === '' && parsed.hash === ''
}
