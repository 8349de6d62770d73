import { z } from 'zod'
import type { Entitlement } from './catalog.ts'
import { confirmation } from './confirmation.ts'
import { personRef } from './person-ref.ts'
import type { PersonFacts } from './person.ts'
import { isSameHuman } from './person.ts'
import { DAY_MS } from './windows/wall-clock.ts'

/**
 * An approver's word, given ahead: they approve the same for the same person until a day. It answers a request as they
 * would, by the rules of that moment, and is worth nothing once they may not approve any more.
 */
export const preApprovalSchema = z.object({
  id: z.string(),
  approver: personRef,
  subject: personRef,
  resource: z.object({ id: z.string(), name: z.string() }),
  entitlement: z.object({ id: z.string(), name: z.string() }),
  /** On which system; null: it was given before that was noted, and answers nothing. */
  system: z.string().nullable().default(null),
  /** What it is for, as the connector writes it: another target is another thing. */
  canonical: z.string(),
  /** Who they were there when it was given; null: it was given before that was noted, and answers nothing. */
  principal: z.string().nullable().default(null),
  /** The longest that each use may last. */
  maxMs: z.number(),
  /** That it was they who gave it; null: it was not asked for. */
  confirmation: confirmation.nullable().default(null),
  until: z.date(),
  madeAt: z.date(),
  stoppedAt: z.date().nullable(),
  stoppedBy: personRef.nullable(),
})

/** One a grant and approver, and one for each proof by which it was said. */
export const wordId = (grantId: string, by: { readonly id: string }, ticket: string | null): string =>
  ticket === null ? `${grantId}-${by.id}` : `${grantId}-${by.id}-${ticket}`

export type PreApproval = z.infer<typeof preApprovalSchema>

export const isInForce = ({ stoppedAt, until }: PreApproval, now: Date): boolean =>
  stoppedAt === null && now < until

/** Does the catalog of now still let it answer? Where it lets nobody approve ahead, or not so far, it does not. */
export const isHonoured = (word: PreApproval, rules: Pick<Entitlement, 'preApproveMs'>, now: Date): boolean =>
  isInForce(word, now) && reachesTo(word, rules, now)

/** Does the catalog of now let a word reach so far from when it was given? */
export const reachesTo = (
  { madeAt }: PreApproval,
  { preApproveMs }: Pick<Entitlement, 'preApproveMs'>,
  at: Date,
): boolean =>
  // The last day counts as a whole.
  preApproveMs !== null && at.getTime() < madeAt.getTime() + preApproveMs + DAY_MS

/** Whoever gave it, and whom it is for, may stop it. */
export const isTheirs = ({ approver, subject }: PreApproval, { person }: PersonFacts): boolean =>
  isSameHuman(approver, person) || isSameHuman(subject, person)
