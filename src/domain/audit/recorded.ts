import { z } from 'zod'
import type { Grant } from '../grant.ts'
import { happened, type Happened } from '../happened.ts'
import { personRef } from '../person-ref.ts'
import { ofAct } from './act.ts'
import type { Recordable } from './chain.ts'

/** What the chain says of something that happened to a grant: enough to understand it without the grant. */
const ofGrant = z.object({
  what: z.literal('grant'),
  grantId: z.string(),
  requestId: z.string(),
  /** Which entry of the grant's history it is, from 0. */
  index: z.number(),
  resource: z.object({ id: z.string(), name: z.string() }),
  entitlement: z.object({ id: z.string(), name: z.string() }),
  system: z.string(),
  /** What is given there, as the connector writes it, and to whom; null: nobody has agreed to it yet. */
  canonical: z.string(),
  principal: z.string().nullable(),
  subject: personRef,
  requester: personRef,
  reason: z.string(),
  /** When it ends, as of then; null where it had no end yet. */
  endsAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .nullable(),
  happened: z.preprocess(withDates, happened),
})

export type RecordedOfGrant = z.infer<typeof ofGrant>

const recorded = z.discriminatedUnion('what', [ofGrant, ofAct])
/** What stands in the chain: what happened to a grant, or an act that is no grant's. */
export type Recorded = z.infer<typeof recorded>

export const isOfGrant = (entry: Recorded): entry is RecordedOfGrant => entry.what === 'grant'

/** What an entry says; null: no words of this version. */
export function readRecorded({ text }: Pick<Recordable, 'text'>): Recorded | null {
  try {
    return recorded.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** What of a grant stands in the chain. */
export type GrantFacts = Pick<
  Grant,
  | 'id'
  | 'requestId'
  | 'resource'
  | 'entitlement'
  | 'system'
  | 'canonical'
  | 'subject'
  | 'requester'
  | 'reason'
> & { readonly principal: string | null; readonly endsAt: Date | null }

/** The text of an entry is written once, here, and never made anew: it is what is marked. */
export function recordableOf(grant: GrantFacts, index: number, entry: Happened): Recordable {
  const { id, requestId, resource, entitlement, system, canonical, principal, subject, requester } = grant
  const text = JSON.stringify({
    what: 'grant',
    grantId: id,
    requestId,
    index,
    resource,
    entitlement,
    system,
    canonical,
    principal,
    subject,
    requester,
    reason: grant.reason,
    endsAt: grant.endsAt,
    happened: entry,
  } satisfies Record<keyof z.input<typeof ofGrant>, unknown>)
  return { source: `grant/${id}/${index}`, at: entry.at, text }
}

const happening = z.object({ what: z.literal('grant'), happened: z.unknown() })

/** What happened, without what was known beside it of the grant then; "" of what is no grant's. */
export function happeningIn(text: string): string {
  try {
    const { success, data } = happening.safeParse(JSON.parse(text))
    return success ? JSON.stringify(data.happened) : ''
  } catch {
    return ''
  }
}

/** Two entries of one place tell of the same. */
export const isSameHappening = (one: string, other: string): boolean =>
  happeningIn(one) === happeningIn(other)

/** JSON has no dates; those of an entry are called so. */
function withDates(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      dates.has(name) && typeof one === 'string' ? new Date(one) : one,
    ]),
  )
}

const dates: ReadonlySet<string> = new Set(['at', 'cutAt'])
