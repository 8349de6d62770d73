import { z } from 'zod'

/** How somebody confirms that it is they: a sign-in at their identity provider, a passkey, a code of an authenticator. */
export const methods = ['oidc', 'passkey', 'totp'] as const
export type Method = (typeof methods)[number]

/** That somebody confirmed who they are, and what they were shown as they did. */
export const confirmation = z.object({
  method: z.enum(methods),
  /** When they proved it, by the database's clock. */
  at: z.date(),
  /** The act, in the words that stood on the page. */
  shown: z.string(),
  /** A mark of the ticket: one of them does one thing. */
  ticket: z.string(),
})

export type Confirmation = z.infer<typeof confirmation>
