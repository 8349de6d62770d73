import type { Collection, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { openStatuses } from '../domain/grant.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { GrantCounter, GrantCounts, Owed } from '../domain/ports/grant-counts.ts'
import { collectionOf } from './connection.ts'
import { dueFilter } from './grants.ts'
import { endedWithin, readWithin } from './within.ts'

const withinMs = 1_500
const mostUnshown = 5_000

const statusRow = z.object({ _id: z.enum(openStatuses), count: z.number() })
const countSchema = z.object({ n: z.number() })
const owedRow = z.object({ count: z.number(), oldestAt: z.date() })

type Grants = Collection<Document & { _id: string }>

/**
 * By indexes alone, but for what is owed, which is read: years of grants that are over cost nothing. Each question ends
 * by itself where it takes too long, in the database too, and gives its connection back: ends need them.
 */
export function mongoGrantCounts(connection: Connection, clock: Pick<Clock, 'now'>): GrantCounter {
  const grants: Grants = collectionOf(connection, 'grants')
  return {
    counts: async (): Promise<GrantCounts> => {
      const now = clock.now()
      const [open, all, gives, takes, overstays, late, oldestPendingAt, oldestDueAt, unshown] =
        await Promise.all([
          openOnes(grants),
          countedRoughly(connection),
          owed(grants, { isOpen: true, status: 'granting', giveAt: { $lte: now } }, 'giveAt'),
          owed(grants, { isOpen: true, status: 'revoking', takeAt: { $lte: now } }, 'takeAt'),
          // Nobody even began to take it.
          owed(grants, { ...dueFilter(now), status: 'active', endsAt: { $lte: now } }, 'endsAt'),
          count(grants, { isOpen: true, alertedAt: { $type: 'date' } }),
          oldest(grants, { isOpen: true, status: 'pending' }, 'requestedAt'),
          oldest(grants, dueFilter(now), 'dueAt'),
          count(grants, { unshown: true }, mostUnshown),
        ])
      const isOpen = [...open.values()].reduce((sum, one) => sum + one, 0)
      return {
        open,
        over: Math.max(0, all - isOpen),
        owed: { give: gives, take: both(takes, overstays) },
        late,
        oldestPendingAt,
        oldestDueAt,
        unshown,
      }
    },
  }
}

/** As the server knows it without looking. */
async function countedRoughly({ db }: Connection): Promise<number> {
  return countSchema.parse(await db?.command({ count: 'grants', maxTimeMS: withinMs }, endedWithin(withinMs)))
    .n
}

async function openOnes(grants: Grants): Promise<GrantCounts['open']> {
  const rows = await grants
    .aggregate(
      [{ $match: { isOpen: true } }, { $group: { _id: '$status', count: { $sum: 1 } } }],
      readWithin(withinMs),
    )
    .toArray()
  const counted = new Map(rows.map((row) => statusRow.parse(row)).map(({ _id, count }) => [_id, count]))
  return new Map(openStatuses.map((status) => [status, counted.get(status) ?? 0]))
}

async function owed(grants: Grants, filter: Document, instant: string): Promise<Owed> {
  const [row] = await grants
    .aggregate(
      [{ $match: filter }, { $group: { _id: null, count: { $sum: 1 }, oldestAt: { $min: `$${instant}` } } }],
      readWithin(withinMs),
    )
    .toArray()
  return row === undefined ? { count: 0, oldestAt: null } : owedRow.parse(row)
}

const count = (grants: Grants, filter: Document, limit?: number): Promise<number> =>
  grants.countDocuments(filter, { ...readWithin(withinMs), ...(limit === undefined ? {} : { limit }) })

async function oldest(grants: Grants, filter: Document, instant: string): Promise<Date | null> {
  const [row] = await grants
    .find(filter, { projection: { _id: 0, [instant]: 1 }, ...readWithin(withinMs) })
    .sort({ [instant]: 1 })
    .limit(1)
    .toArray()
  return row === undefined ? null : z.date().parse(row[instant])
}

function both(one: Owed, other: Owed): Owed {
  const instants = [one.oldestAt, other.oldestAt].filter((at) => at !== null)
  return {
    count: one.count + other.count,
    oldestAt: instants.length === 0 ? null : new Date(Math.min(...instants.map((at) => at.getTime()))),
  }
}
