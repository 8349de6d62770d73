import type { Connection } from 'mongoose'
import { z } from 'zod'
import { boundedMap } from '../bounded-map.ts'
import { burstMs } from '../domain/devices/standing-still.ts'
import type { DeviceSourceStore, SourceHeard } from '../domain/ports/device-sources.ts'
import { aboutToWrite } from '../domain/writes.ts'
import type { Log } from '../domain/ports/log.ts'
import { elapsedMs } from '../elapsed.ts'
import { collectionOf } from './connection.ts'
import { complain, readEach } from './readable.ts'

const named = z.object({ name: z.string() })
const row = z.object({
  _id: z.string(),
  heardAt: z.date(),
  takenAt: z.date().nullable().default(null).catch(null),
  gap: z
    .union([z.object({ from: z.date(), until: z.date() }), z.literal('unknown')])
    .nullable()
    .default(null)
    .catch('unknown'),
  losses: z
    .array(z.object({ entitlement: named, resource: named, people: z.number(), at: z.date() }))
    .nullable()
    .default([])
    .catch(null),
})

function read(one: unknown): SourceHeard {
  const { _id: source, heardAt, takenAt, gap, losses } = row.parse(one)
  return { source, heardAt, gap, losses, isTakenAnyway: takenAt !== null && takenAt > heardAt }
}

/** One document a source. */
export function mongoDeviceSources(connection: Connection, log?: Log): DeviceSourceStore {
  const sources = collectionOf<{ _id: string; heardAt: Date }>(connection, 'device_sources')
  const notedAtMs = boundedMap<number>(1_000)
  const about = { what: 'source of devices', log }
  return {
    heard: async (source, silentAfterMs) => {
      const now = elapsedMs()
      if (now - (notedAtMs.get(source) ?? -Infinity) < burstMs) return
      notedAtMs.set(source, now)
      const isKnown = { $in: [{ $type: '$heardAt' }, ['date', 'missing']] }
      const silentMs = { $cond: [isKnown, { $subtract: ['$$NOW', '$heardAt'] }, null] }
      const wasSilent = { $gt: [silentMs, silentAfterMs ?? Infinity] }
      const wasTaken = { $gt: [{ $ifNull: ['$takenAt', new Date(0)] }, '$heardAt'] }
      const gap = {
        $cond: [
          { $and: [wasSilent, { $not: [wasTaken] }] },
          { from: '$heardAt', until: '$$NOW' },
          { $cond: [isKnown, { $ifNull: ['$gap', null] }, 'unknown'] },
        ],
      }
      await sources
        .updateOne(
          { _id: source },
          [{ $set: { gap } }, { $set: { heardAt: '$$NOW' } }, { $unset: 'losses' }],
          { upsert: true },
        )
        .catch((error: unknown) => {
          // What is heard next is to be noted.
          notedAtMs.delete(source)
          throw error
        })
    },
    mayLook: async (source, everyMs) => {
      await sources.updateOne({ _id: source }, [{ $set: { heardAt: { $ifNull: ['$heardAt', '$$NOW'] } } }], {
        upsert: true,
      })
      const isTime = { $lte: ['$lookedAt', { $subtract: ['$$NOW', everyMs] }] }
      const { modifiedCount } = await sources.updateOne(
        { _id: source, $or: [{ lookedAt: null }, { $expr: isTime }] },
        [{ $set: { lookedAt: '$$NOW' } }],
      )
      return modifiedCount === 1
    },
    lookedInVain: async (source) => {
      await sources.updateOne({ _id: source }, { $unset: { lookedAt: '' } })
    },
    all: async () => readEach(await sources.find().toArray(), read, about),
    byName: async () => {
      const found = await sources.find().toArray()
      const known = readEach(found, read, about).map((one) => [one.source, one] as const)
      for (const [source, { gap }] of known)
        if (gap === 'unknown') complain(about, source, new Error('its last gap cannot be read'))
      return new Map<string, SourceHeard | 'unknown'>([
        ...found.map(({ _id }) => [_id, 'unknown'] as const),
        ...known,
      ])
    },
    foresee: async ({ source, heardAt }, losses) => {
      const asSeen = { _id: source, heardAt }
      if (losses.length > 0) await sources.updateOne(asSeen, { $set: { losses: [...losses] } })
      else await sources.updateOne({ ...asSeen, losses: { $exists: true } }, { $unset: { losses: '' } })
    },
    takeAnyway: async (source, heardAt) => {
      aboutToWrite()
      const { modifiedCount } = await sources.updateOne(
        { _id: source, heardAt, $expr: { $lte: [{ $ifNull: ['$takenAt', new Date(0)] }, '$heardAt'] } },
        [{ $set: { takenAt: '$$NOW' } }],
      )
      return modifiedCount === 1
    },
  }
}
