import { everyEntitlement, perCatalog, type Entitlement } from './catalog.ts'
import { owedFor } from './debt.ts'
import type { Active, Grant } from './grant.ts'
import { refuse, type Refusal } from './refusal.ts'

/*
 * Standing access is held by whoever matches a rule, a grant each. It runs for a term and is renewed halfway, so that a
 * system with an expiry of its own lets go of it if Curfew is never heard of again; nobody loses it for an outage.
 */

export const termMs = 30 * 24 * 60 * 60_000

export type RenewEvent = { type: 'renew'; endsAt: Date }

export const isStandingRule = ({ mode }: Entitlement): boolean => mode === 'standing'

/** All that is held by rule. */
export const standingRules = perCatalog((catalog): readonly Entitlement[] =>
  everyEntitlement(catalog).filter(isStandingRule),
)

export const renewsAt = ({ endsAt }: Active): Date => new Date(endsAt.getTime() - termMs / 2)

export function renew(grant: Grant, { endsAt }: RenewEvent, now: Date): Grant | Refusal {
  if (grant.status !== 'active' || !grant.isStanding || endsAt <= grant.endsAt)
    return refuse('not-held', { grant })
  return { ...grant, endsAt, owed: owedFor({ ...grant, endsAt }, now) }
}
