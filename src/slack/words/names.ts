import type { Grant } from '../../domain/grant.ts'
import { plainWords } from './mrkdwn.ts'

/** What a grant is of: in plain text, and as people read it in a message. */

export const nameOf = ({ entitlement, resource }: Grant): string => `${entitlement.name} on ${resource.name}`

export const bold = ({ entitlement, resource }: Grant): string =>
  `*${plainWords(entitlement.name, 60)}* on *${plainWords(resource.name, 60)}*`
