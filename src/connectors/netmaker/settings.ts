import { z } from 'zod'
import { ConnectorError, type Lack, type Target } from '../../domain/connector.ts'
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
  /** `enable`: people's clients are there, and are enabled. `create`: each grant has a client of its own. */
  mode: z.enum(['enable', 'create']).default('enable'),
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
    /** The node that clients are created at, by its id: of a system that creates them. */
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

/** Null: the target is of a system that creates clients. */
export function placeOf(target: Target): Place | null {
  const { network, suffix = '', gateway } = netmakerTarget.parse(target)
  return gateway === undefined ? { network, suffix } : null
}

/** Null: the target is of a system that enables clients which are there. */
export function creationOf(target: Target): Creation | null {
  const { network, gateway, tags = [] } = netmakerTarget.parse(target)
  return gateway === undefined ? null : { network, gateway, tags: [...new Set(tags)].sort() }
}

/** Two that differ are never written the same: a slash is in no name of a network, and a colon in no suffix and no tag. */
export function canonical(target: Target): string {
  const creation = creationOf(target)
  if (creation === null) {
    const { network, suffix = '' } = netmakerTarget.parse(target)
    return suffix === '' ? network : `${network}/${suffix}`
  }
  const { network, gateway, tags } = creation
  const tagged = tags.length === 0 ? '' : `/tags:${tags.join(',')}`
  return `${network}/gateway:${gateway}${tagged}`
}

/** Whose target it is not says which would be, for good. */
export const otherMode = (mode: NetmakerSettings['mode'], target: Target): ConnectorError =>
  new ConnectorError(`Netmaker was not asked: ${whyOtherMode(mode, target).what}`, {
    retryable: false,
    happened: 'no',
  })

export const whyOtherMode = (mode: NetmakerSettings['mode'], target: Target): Lack =>
  mode === 'create'
    ? {
        what: `the target ${canonical(target)} names no gateway, where this system could create clients`,
        remedy: 'write the id of its node as gateway, or use a system without mode: create',
      }
    : {
        what: `the target ${canonical(target)} names a gateway, and this system creates no clients`,
        remedy: 'use a system with mode: create, or leave gateway out',
      }

function isBare(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed !== null && parsed.search === '' && parsed.hash === ''
}
