import { findEntitlement } from '../domain/catalog.ts'
import type { Grant, Review } from '../domain/grant.ts'
import { plainlyNamed } from '../domain/person.ts'
import { reachesTo } from '../domain/pre-approval.ts'
import type { Deciding } from './world.ts'

/** Whose word, given ahead, was taken back before it was given: null, or who took what back. */
export async function wordTakenBack(
  world: Pick<Deciding, 'catalog' | 'preApprovals'>,
  {
    reviews,
    resource,
    entitlement,
  }: Pick<Grant, 'resource' | 'entitlement'> & {
    readonly reviews: readonly Pick<Review, 'preApprovalId' | 'by' | 'at'>[]
  },
): Promise<string | null> {
  const rules = findEntitlement(world.catalog(), resource.id, entitlement.id)
  for (const { preApprovalId, by, at } of reviews) {
    if (preApprovalId === null) continue
    const found = await world.preApprovals.get(preApprovalId)
    if (found === null || found.stoppedAt !== null)
      return `what ${plainlyNamed(by)} approved ahead was stopped`
    if (rules?.preApproveMs == null) return 'the catalog does not let anybody approve this ahead any more'
    if (!reachesTo(found, rules, at))
      return 'the catalog does not let anybody approve this so far ahead any more'
  }
  return null
}
