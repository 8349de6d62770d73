import type { Grant } from '../domain/grant.ts'
import { refuse, type Refusal } from '../domain/refusal.ts'
import type { World } from './world.ts'

/** What an act makes of a grant, by the facts and rules that were read for it. */
export type Decide = (current: Grant, now: Date) => Grant | Refusal

/** Does it. */
export const carryOut = async (
  { grants }: World,
  grantId: string,
  decide: Decide | Refusal,
): Promise<Grant | Refusal> => (typeof decide === 'function' ? grants.change(grantId, decide) : decide)

/** What it would make of the grant as it is now; writes nothing. */
export async function wouldBecome(
  { grants, clock }: World,
  grantId: string,
  decide: Decide | Refusal,
): Promise<Grant | Refusal> {
  if (typeof decide !== 'function') return decide
  const grant = await grants.get(grantId)
  return grant === null ? refuse('not-found') : decide(grant, clock.now())
}
