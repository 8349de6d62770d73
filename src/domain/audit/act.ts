import { z } from 'zod'
import { personRef } from '../person-ref.ts'
import type { Recordable } from './chain.ts'

/*
 * What somebody or something did that is no grant's history: an answer about a device, a way of confirming that was added,
 * a user that a directory changed, another catalog. As data, like histories are: words are made where it is shown.
 */

export const actTypes = [
  // Devices.
  'device-approved',
  'device-kept',
  'device-rejected',
  'device-revoked',
  'device-joined',
  'device-given-owner',
  'device-questioned',
  'device-code-made',
  'device-enrolled',
  'device-key-removed',
  'silence-ends-held',
  // What people confirm with.
  'way-added',
  'way-removed',
  'ways-removed',
  'way-code-made',
  'account-linked',
  // People and groups from directories.
  'user-created',
  'user-changed',
  'user-removed',
  'group-created',
  'group-changed',
  'group-removed',
  'identities-joined',
  'identities-set-apart',
  // Whatever nobody's grant explains, on a system.
  'difference-taken-back',
  'difference-accepted',
  // What many at once lose.
  'loss-confirmed',
  // Said ahead.
  'approved-ahead',
  'approval-ahead-stopped',
  // The installation.
  'catalog-loaded',
  'directory-token-made',
  'directory-token-revoked',
  'keys-rotated',
  'record-read',
  'record-pruned',
] as const
export type ActType = (typeof actTypes)[number]

/** Somebody by Slack; whoever sits at the command line, as they say they are; a source, by the name in the catalog; or Curfew by itself. */
const actor = z.union([
  personRef,
  z.object({ operator: z.string() }),
  z.object({ source: z.string() }),
  z.object({ curfew: z.literal(true) }),
])
export type Actor = z.infer<typeof actor>

const about = z.object({
  kind: z.enum(['person', 'device', 'group', 'source', 'system', 'entitlement', 'catalog', 'keys', 'record']),
  id: z.string(),
  /** As people call it; the same as `id` where they don't. */
  name: z.string(),
})

/**
 * `refused`: by Curfew's own rules. `failed`: the system did not do it. `unknown`: the process that was about to do it
 * died, or was not told; it may be done.
 */
export const outcomes = ['done', 'refused', 'failed', 'unknown'] as const
export type Outcome = (typeof outcomes)[number]

export const actSchema = z.object({
  type: z.enum(actTypes),
  by: actor,
  about,
  /** What else a reader wants to know, by the names of fields: never a secret. */
  details: z.record(z.string(), z.string()),
})
/** What is about to be done, as far as it is known before. */
export type Act = z.infer<typeof actSchema>

export const ofAct = actSchema.extend({
  what: z.literal('act'),
  id: z.string(),
  outcome: z.enum(outcomes),
})
export type RecordedAct = z.infer<typeof ofAct>

/** An act whose outcome became known after it was recorded as unknown is recorded once more. */
export function recordableOfAct(at: Date, act: Omit<RecordedAct, 'what'>): Recordable {
  const { id, type, by, about: thing, details, outcome } = act
  const text = JSON.stringify({ what: 'act', id, type, by, about: thing, details, outcome })
  return { source: outcome === 'unknown' ? `act/${id}/unknown` : `act/${id}`, at, text }
}
