import { plainWords } from './mrkdwn.ts'

/** What a grant, or a rule, is of: in plain text, and as people read it in a message. */

interface Named {
  readonly entitlement: { readonly name: string }
  readonly resource: { readonly name: string }
}

export const nameOf = ({ entitlement, resource }: Named): string => `${entitlement.name} on ${resource.name}`

export const bold = ({ entitlement, resource }: Named): string =>
  `*${plainWords(entitlement.name, 60)}* on *${plainWords(resource.name, 60)}*`
