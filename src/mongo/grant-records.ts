import type { Connection } from 'mongoose'
import { z } from 'zod'
import { grantSchema, openStatuses } from '../domain/grant.ts'
import { personRef } from '../domain/person-ref.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { AskedRow, GrantRecords, LateThere } from '../domain/ports/grant-records.ts'
import type { Log } from '../domain/ports/log.ts'
import { finding, grantModel, readableGrants } from './grant-model.ts'
import { anyStatus, idAndName } from './grant-rows.ts'
import { lastUses } from './last-uses.ts'
import { readEach } from './readable.ts'

const askedFields = {
  status: 1,
  resource: 1,
  entitlement: 1,
  subject: 1,
  requester: 1,
  askedMs: 1,
  reason: 1,
  requestedAt: 1,
  asker: 1,
  auto: 1,
  pattern: 1,
  isBreakGlass: 1,
  approvedAt: 1,
  closedAt: 1,
  closedBecause: 1,
  'reviews.by': 1,
  'reviews.verdict': 1,
  'reviews.at': 1,
  'reviews.preApprovalId': 1,
} as const

const [asked] = grantSchema.options

const askedRow = z
  .object({
    _id: z.string(),
    status: anyStatus,
    resource: idAndName,
    entitlement: idAndName,
    subject: personRef,
    requester: personRef,
    askedMs: z.number(),
    reason: z.string(),
    requestedAt: z.date(),
    asker: asked.shape.asker,
    auto: z.object({ because: z.string() }).nullish(),
    pattern: z.unknown(),
    isBreakGlass: z.boolean().default(false),
    reviews: z.array(
      z.object({
        by: personRef,
        verdict: z.enum(['approve', 'deny']),
        at: z.date(),
        preApprovalId: z.string().nullable().default(null),
      }),
    ),
    approvedAt: z.date().nullish(),
    closedAt: z.date().nullish(),
    closedBecause: z.string().nullish(),
  })
  .transform(({ _id: id, auto, pattern, approvedAt, closedAt, closedBecause, ...row }): AskedRow => ({
    ...row,
    id,
    because: auto?.because ?? null,
    isSeries: pattern != null,
    approvedAt: approvedAt ?? null,
    closedAt: closedAt ?? null,
    closedBecause: closedBecause ?? null,
  }))

export const askedFilter = (since: Date) => ({ isAsked: true, requestedAt: { $gte: since } })

/** Of each kind of what happened to requests. */
const mostOfADay = 20_000

/** What happened to requests in this time, each by an index of its own. */
export const dayFilters = ({ from, to }: { from: Date; to: Date }) => {
  const within = { $gte: from, $lt: to }
  return [
    { isAsked: true, requestedAt: within },
    { isAsked: true, closedAt: { ...within, $type: 'date' as const } },
    { isAsked: true, 'reviews.at': { $exists: true }, reviews: { $elemMatch: { at: within } } },
  ]
}

const byAge = (one: AskedRow, other: AskedRow): number =>
  one.requestedAt.getTime() - other.requestedAt.getTime()

const lateFilter = {
  isOpen: true,
  status: { $in: ['granting', 'revoking'] },
  alertedAt: { $type: 'date' },
} as const

const lateRow = z
  .object({
    _id: z.object({ resourceId: z.string(), channel: z.string() }),
    count: z.number(),
    sinceAt: z.date(),
    entitlements: z.array(z.unknown()),
  })
  .transform(({ _id: where, entitlements, ...row }): LateThere => ({
    ...where,
    ...row,
    entitlements: entitlements.filter((id) => typeof id === 'string'),
  }))

export function mongoGrantRecords(
  connection: Connection,
  clock: Pick<Clock, 'now'>,
  log?: Log,
): GrantRecords {
  const model = grantModel(connection)
  const readable = readableGrants(connection, log)
  const find = finding(connection, log, readable)

  return {
    askedSince: async (since, limit) => {
      const newest = await readable.first(
        askedFilter(since),
        { limit, sort: { requestedAt: -1 }, projection: askedFields },
        (row) => askedRow.parse(row),
      )
      return newest.reverse()
    },
    askedOrAnswered: async (within) => {
      // First, so that what is answered meanwhile is seen once at least; and as it was seen last.
      const pending = await model
        .find({ isOpen: true, status: 'pending', isAsked: true }, askedFields)
        .sort({ requestedAt: 1 })
        .limit(mostOfADay)
        .lean<{ _id: string }[]>()
      const day = await Promise.all(
        dayFilters(within).map((filter) =>
          model.find(filter, askedFields).limit(mostOfADay).lean<{ _id: string }[]>(),
        ),
      )
      const newest = new Map([...pending, ...day.flat()].map((row) => [row._id, row]))
      return readEach([...newest.values()], (row) => askedRow.parse(row), { what: 'grant', log }).sort(byAge)
    },
    lastUses: () => lastUses(connection, clock.now()),
    owed: () =>
      find({ isOpen: true, status: { $in: openStatuses.filter((status) => status !== 'pending') } }),
    askingForMore: (limit) =>
      find({ isOpen: true, status: 'active', 'extensions.outcome': 'asked' }, { dueAt: 1 }, limit),
    endedByLeaving: async ({ from, to }) => {
      const found = await Promise.all([
        find({ cause: 'offboarded', endedAt: { $gte: from, $lt: to } }, { endedAt: 1 }, mostOfADay),
        find({ isOpen: true, status: 'revoking', cause: 'offboarded' }),
      ])
      return found
        .flat()
        .flatMap((grant) => (grant.status === 'revoking' || grant.status === 'ended' ? grant : []))
    },
    late: async () => {
      const rows = await model.aggregate<unknown>([
        { $match: lateFilter },
        {
          $group: {
            _id: { resourceId: '$resource.id', channel: '$channel' },
            count: { $sum: 1 },
            sinceAt: { $min: '$alertedAt' },
            entitlements: { $addToSet: '$entitlement.id' },
          },
        },
      ])
      return readEach(rows, (row) => lateRow.parse(row), { what: 'what is late', log })
    },
    firstLate: async ({ resourceId, channel }, limit) => {
      const there = { ...lateFilter, 'resource.id': resourceId, channel }
      const grants = await find(there, { alertedAt: 1 }, limit)
      return { grants, unreadable: await readable.countLeftOut(there) }
    },
  }
}
