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

/** For the history: by which they showed that it was they. */
export const confirmedBy = (confirmation: Confirmation | null | undefined) =>
  confirmation == null ? {} : { confirmedBy: confirmation.method }

/** What counts as a proof of who somebody is. */
export interface ProofRules {
  readonly methods: readonly Method[]
  /** One this young need not be given again. */
  readonly maxAgeMs: number
}

/** The youngest of these that counts still; null: none does. */
export function youngProof(
  proofs: readonly Confirmation[],
  { methods: counting, maxAgeMs }: ProofRules,
  now: Date,
): Confirmation | null {
  const ageMs = ({ at }: Confirmation): number => Math.max(0, now.getTime() - at.getTime())
  const young = proofs.filter((one) => counting.includes(one.method) && ageMs(one) < maxAgeMs)
  return young.sort((one, other) => other.at.getTime() - one.at.getTime())[0] ?? null
}
