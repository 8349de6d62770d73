import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { ExternalIds } from '../../domain/ports/external-ids.ts'

const row = z.object({ externalId: z.string().min(1) })

/** Reads what `mongo/scim/` writes, and whose it is by `mongo/identities.ts`. */
export function mongoExternalIds(connection: Connection): ExternalIds {
  const links = connection.collection<{ _id: string }>('scim_links')
  return {
    of: async (personId, source) => {
      const rows = await links
        .aggregate([
          { $match: { person: personId, source, isCurrent: true } },
          { $lookup: { from: 'scim_users', localField: 'user', foreignField: '_id', as: 'of' } },
          { $unwind: '$of' },
          { $match: { 'of.isActive': true, 'of.deletedAt': null, 'of.externalId': { $nin: [null, ''] } } },
          { $project: { _id: 0, externalId: '$of.externalId' } },
        ])
        .toArray()
      return rows.map((one) => row.parse(one).externalId)
    },
  }
}
