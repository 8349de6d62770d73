import type { Collection, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import type { LastUse } from '../domain/ports/grant-records.ts'
import { collectionOf } from './connection.ts'

/** Of what is over, by entitlement: what ended by its end, then what never was held by when it was asked for. */
export const lastUseIndex = {
  isOpen: 1,
  'resource.id': 1,
  'entitlement.id': 1,
  endedAt: -1,
  requestedAt: -1,
} as const

const names = z.array(z.string())
const pairs = z.array(z.object({ _id: z.object({ resource: z.string(), entitlement: z.string() }) }))
const instants = z.object({ requestedAt: z.date().nullish(), endedAt: z.date().nullish() })

type Grants = Collection<Document & { _id: string }>
type Pair = Omit<LastUse, 'at'>

/**
 * When each entitlement was last asked for or held; what is open is in use now. Reads what is open, and of what is over
 * the newest by the index, entitlement by entitlement: years of ended grants cost no more than those of a day.
 */
export async function lastUses(connection: Connection, now: Date): Promise<LastUse[]> {
  const grants: Grants = collectionOf(connection, 'grants')
  // In this order: what ends in between is seen once at least.
  const open = await openPairs(grants)
  const isInUse = new Set(open.map(keyOf))
  const past = (await overPairs(grants)).filter((pair) => !isInUse.has(keyOf(pair)))
  const uses = await Promise.all(past.map((pair) => lastUseOf(grants, pair)))
  return [...open.map((pair) => ({ ...pair, at: now })), ...uses.flat()]
}

const keyOf = ({ resource, entitlement }: Pair): string => `${resource}/${entitlement}`

async function openPairs(grants: Grants): Promise<Pair[]> {
  const _id = { resource: '$resource.id', entitlement: '$entitlement.id' }
  const rows = await grants.aggregate([{ $match: { isOpen: true } }, { $group: { _id } }]).toArray()
  return pairs.parse(rows).map((row) => row._id)
}

async function overPairs(grants: Grants): Promise<Pair[]> {
  const resources = names.parse(await grants.distinct('resource.id', { isOpen: false }))
  const found = await Promise.all(
    resources.map(async (resource) => {
      const of = { isOpen: false, 'resource.id': resource }
      const entitlements = names.parse(await grants.distinct('entitlement.id', of))
      return entitlements.map((entitlement) => ({ resource, entitlement }))
    }),
  )
  return found.flat()
}

/** None where no instant is known of any. */
async function lastUseOf(grants: Grants, pair: Pair): Promise<LastUse[]> {
  const of = { isOpen: false, 'resource.id': pair.resource, 'entitlement.id': pair.entitlement }
  const projection = { _id: 0, requestedAt: 1, endedAt: 1 }
  const newest = await Promise.all([
    grants.findOne(of, { projection, sort: { endedAt: -1, requestedAt: -1 } }),
    grants.findOne({ ...of, endedAt: null }, { projection, sort: { requestedAt: -1 } }),
  ])
  const known = newest.flatMap((row) => {
    const { requestedAt, endedAt } = instants.parse(row ?? {})
    return [requestedAt, endedAt].flatMap((at) => at?.getTime() ?? [])
  })
  return known.length === 0 ? [] : [{ ...pair, at: new Date(Math.max(...known)) }]
}
