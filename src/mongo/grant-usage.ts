import type { Collection, Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../domain/person-ref.ts'
import type { GrantUsage, HeldPair, HolderRow } from '../domain/ports/grant-usage.ts'
import type { Log } from '../domain/ports/log.ts'
import { collectionOf } from './connection.ts'
import { readEach } from './readable.ts'

const holding = ['granting', 'active', 'revoking'] as const

const holder = z
  .object({
    _id: z.string(),
    subject: personRef,
    status: z.enum(holding),
    endsAt: z.date(),
    isStanding: z.boolean().default(false),
  })
  .transform(({ _id: id, subject: person, ...row }): HolderRow => ({ ...row, id, person }))

const pair = z
  .object({
    _id: z.object({ person: z.string(), resource: z.string(), entitlement: z.string() }),
    isAskedFor: z.boolean(),
  })
  .transform(({ _id: { person: personId, ...of }, isAskedFor }): HeldPair => ({
    ...of,
    personId,
    isAskedFor,
  }))

const grouped = {
  $group: {
    _id: { person: '$subject.id', resource: '$resource.id', entitlement: '$entitlement.id' },
    isAskedFor: { $max: { $ne: ['$isStanding', true] } },
  },
}

const counted = z.object({ _id: z.string(), holds: z.number() })
const ended = z.object({ endedAt: z.date() })
const asked = z.object({ requestedAt: z.date() })

type Grants = Collection<Document & { _id: string }>

export function mongoGrantUsage(connection: Connection, log?: Log): GrantUsage {
  const grants: Grants = collectionOf(connection, 'grants')
  return {
    holdersOf: async (what) => {
      const rows = await grants
        .find(
          { isOpen: true, status: { $in: [...holding] }, ...ofOne(what) },
          { projection: { subject: 1, status: 1, endsAt: 1, isStanding: 1 } },
        )
        .toArray()
      return readEach(rows, (row) => holder.parse(row), { what: 'grant', log })
    },
    holdsByPerson: async () => {
      const match = { isOpen: true, status: { $in: [...holding] } }
      const rows = await grants
        .aggregate([{ $match: match }, { $group: { _id: '$subject.id', holds: { $sum: 1 } } }])
        .toArray()
      return new Map(rows.map((row) => counted.parse(row)).map(({ _id, holds }) => [_id, holds]))
    },
    heldSince: async (since, of) => {
      const found = new Map<string, HeldPair>()
      const note = (rows: readonly Document[]): void => {
        for (const one of rows.map((row) => pair.parse(row))) {
          const key = JSON.stringify([one.personId, one.resource, one.entitlement])
          found.set(key, { ...one, isAskedFor: one.isAskedFor || found.get(key)?.isAskedFor === true })
        }
      }
      for (const what of of) {
        // In this order: what ends in between is seen once at least.
        const open = { isOpen: true, status: { $in: ['active', 'revoking'] }, ...ofOne(what) }
        note(await grants.aggregate([{ $match: open }, grouped]).toArray())
        const over = { isOpen: false, ...ofOne(what), endedAt: { $gte: since }, ...wasHeld }
        note(await grants.aggregate([{ $match: over }, grouped]).toArray())
      }
      return [...found.values()]
    },
    pastOf: async (what) => {
      const last = { projection: { _id: 0, endedAt: 1 }, sort: { endedAt: -1, requestedAt: -1 } } as const
      const first = { projection: { _id: 0, requestedAt: 1 }, sort: { requestedAt: 1 } } as const
      const [held, ...asks] = await Promise.all([
        grants.findOne({ isOpen: false, ...ofOne(what), ...wasHeld }, last),
        ...[true, false].map((isOpen) => grants.findOne({ isOpen, ...ofOne(what) }, first)),
      ])
      return {
        lastHeldAt: held === null ? null : ended.parse(held).endedAt,
        firstAskedAt: earliest(asks),
      }
    },
    recordedSince: async () => {
      const [first, byRule] = await Promise.all(
        [{ isAsked: true }, { slot: 'standing' }].map((of) =>
          grants.findOne(of, { projection: { _id: 0, requestedAt: 1 }, sort: { requestedAt: 1 } }),
        ),
      )
      return earliest([first, byRule])
    },
  }
}

const ofOne = ({ resource, id }: Parameters<GrantUsage['pastOf']>[0]) => ({
  'resource.id': resource.id,
  'entitlement.id': id,
})

/** Of what is over: it was not only asked for, or tried to be given. */
const wasHeld = { activeAt: { $type: 'date' as const } }

function earliest(rows: readonly (Document | null | undefined)[]): Date | null {
  const known = rows.flatMap((row) => (row ? [asked.parse(row).requestedAt.getTime()] : []))
  return known.length === 0 ? null : new Date(Math.min(...known))
}
