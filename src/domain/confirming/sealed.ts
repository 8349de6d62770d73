import { z } from 'zod'

/** A secret as it is stored: nobody reads it without a key that is not in the database. Texts are base64url. */
export const sealed = z.object({
  keyId: z.string(),
  nonce: z.string(),
  box: z.string(),
})

export type Sealed = z.infer<typeof sealed>

/** What a secret is of; sealed with it, so that one that was moved elsewhere does not open there. */
export interface Belonging {
  readonly person: string
  readonly purpose: 'totp'
}
