import type { Grant } from '../domain/grant.ts'
import type { World } from './world.ts'

/** Of somebody's latest requests of the same entitlement, how many were approved. */
export interface EarlierRequests {
  readonly approved: number
  readonly of: number
}

const mostLookedAt = 20

/** What approvers may want to know: as it was noted when it was asked, else as it is now. */
export const earlierRequests = async (world: World, grant: Grant): Promise<EarlierRequests> =>
  grant.asker?.earlier ?? (await countEarlier(world, grant))

/** Among their latest 20 requests of anything; those withdrawn or waiting still are not counted. */
export async function countEarlier(
  { grants }: Pick<World, 'grants'>,
  grant: Pick<Grant, 'subject' | 'resource' | 'entitlement' | 'requestedAt'>,
): Promise<EarlierRequests> {
  const earlier = (await grants.latestRowsOf(grant.subject.id, mostLookedAt)).filter(
    (other) =>
      other.entitlement === grant.entitlement.id &&
      other.resource === grant.resource.id &&
      other.requestedAt < grant.requestedAt &&
      other.status !== 'withdrawn' &&
      other.status !== 'pending',
  )
  const approved = earlier.filter(({ status }) => status !== 'denied' && status !== 'lapsed')
  return { approved: approved.length, of: earlier.length }
}
