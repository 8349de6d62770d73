import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { ProvisioningRecords } from '../domain/ports/provisioning.ts'
import { asUser, user, userFields } from './provisioning.ts'

const joined = z
  .object({ group: z.string(), addedAt: z.date(), link: z.object({ person: z.string() }) })
  .transform(({ group, addedAt: at, link }) => ({ group, at, personId: link.person }))

const links = {
  from: 'scim_links',
  foreignField: 'user',
  as: 'link',
  pipeline: [{ $match: { isCurrent: true } }, { $project: { _id: 0, person: 1 } }],
}

/** Looks through all of what SCIM sources wrote: for who asks now and then. */
export function mongoProvisioningRecords(connection: Connection): ProvisioningRecords {
  return {
    usersOfNobody: async () => {
      const rows = await connection
        .collection('scim_users')
        .aggregate([
          { $match: { deletedAt: null } },
          { $project: userFields },
          { $lookup: { ...links, localField: '_id' } },
          { $match: { link: [] } },
          { $sort: { _id: 1 } },
        ])
        .toArray()
      return rows.map((row) => asUser(user.parse(row)))
    },
    joinedSince: async (since) => {
      const rows = await connection
        .collection('scim_members')
        .aggregate([
          { $match: { removedAt: null, addedAt: { $gte: since } } },
          { $lookup: { ...links, localField: 'user' } },
          { $unwind: '$link' },
        ])
        .toArray()
      return rows.map((row) => joined.parse(row))
    },
  }
}
