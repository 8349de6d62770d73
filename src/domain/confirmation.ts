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
  /** At which identity provider they signed in, as the catalog names it. */
  issuer: z.string().exactOptional(),
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

/** What counts now, of what was proven before. */
export interface Counting extends ProofRules {
  /** The identity provider that the catalog names; null: none. */
  readonly issuer: string | null
}

/** Of another provider, or by a way that does not count any more, nothing was proven. */
export const countsStill = (
  { method, issuer }: Confirmation,
  counting: Omit<Counting, 'maxAgeMs'>,
): boolean =>
  counting.methods.includes(method) &&
  (method !== 'oidc' || (issuer !== undefined && issuer === counting.issuer))

/** The youngest of these that counts still; null: none does. */
export function youngProof(
  proofs: readonly Confirmation[],
  counting: Counting,
  now: Date,
): Confirmation | null {
  const ageMs = ({ at }: Confirmation): number => Math.max(0, now.getTime() - at.getTime())
  const young = proofs.filter((one) => countsStill(one, counting) && ageMs(one) < counting.maxAgeMs)
  return young.sort((one, other) => other.at.getTime() - one.at.getTime())[0] ?? null
}
