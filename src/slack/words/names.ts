import { plainWords } from './mrkdwn.ts'

/** What a grant, or a rule, is of: in plain text, and as people read it in a message. */

interface Named {
  readonly entitlement: { readonly name: string }
  readonly resource: { readonly name: string }
  /** The one device that it is for. */
  readonly device?: { readonly name: string } | null
}

export const nameOf = ({ entitlement, resource, device }: Named): string =>
  `${entitlement.name} on ${resource.name}${device == null ? '' : ` (${device.name})`}`

export const bold = ({ entitlement, resource, device }: Named): string =>
  `*${plainWords(entitlement.name, 60)}* on *${plainWords(resource.name, 60)}*${device == null ? '' : ` (${plainWords(device.name, 60)})`}`
